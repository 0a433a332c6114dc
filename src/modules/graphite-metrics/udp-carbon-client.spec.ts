import { createSocket, type Socket } from 'node:dgram'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { freePort } from '../../../test/support/servers/free-port.js'
import { eventually } from '../../../test/support/waiting/eventually.js'
import { Reachability } from './reachability.js'
import { ReportQueue } from './report-queue.js'
import { UdpCarbonClient } from './udp-carbon-client.js'

describe('UdpCarbonClient', () => {
  let port: number
  let received: string[]
  let told: string[]
  let peer: Socket | undefined

  beforeEach(async () => {
    port = await freePort()
    received = []
    told = []
  })
  afterEach(() => {
    peer?.close()
    peer = undefined
  })

  async function listen(): Promise<void> {
    const socket = createSocket('udp4')
    socket.on('message', (bytes) => void received.push(bytes.toString()))
    await new Promise<void>((resolve) => socket.bind(port, '127.0.0.1', resolve))
    peer = socket
  }

  function aClient(host = '127.0.0.1', maxBytes = 1_000_000): UdpCarbonClient {
    const listener = { onFailure: (cause: string) => void told.push(cause), onRecovery: () => void told.push('recovered') }
    const client = new UdpCarbonClient({ host, port }, new ReportQueue(maxBytes), new Reachability(listener, () => 1))
    onTestFinished(() => client.close(0))
    return client
  }

  it('sends reports in order', async () => {
    await listen()
    const client = aClient()
    for (const n of [1, 2, 3]) {
      client.send(`a ${n} 0\n`)
      await eventually('it has arrived', () => received.length === n)
    }
    expect(received).toEqual(['a 1 0\n', 'a 2 0\n', 'a 3 0\n'])
    expect(told).toEqual([])
  })

  it('cuts a report at line ends into datagrams that the internet takes whole', async () => {
    await listen()
    const report = Array.from({ length: 200 }, (_, n) => `some.longer.path.${n} 1 1700000000\n`).join('')
    aClient().send(report)
    await eventually('all of it', () => received.join('').length === report.length)
    expect(received.join('')).toBe(report)
    expect(received.length).toBeGreaterThan(3)
    expect(received.every((datagram) => datagram.length <= 1400 && datagram.endsWith('\n'))).toBe(true)
  })

  it('tells of a peer that refuses, once a report, and recovers when it is there', async () => {
    const client = aClient()
    client.send('lost 1 0\n'.repeat(1000))
    await eventually('a failure', () => told.length > 0)
    expect(told).toEqual(['ECONNREFUSED'])
    await listen()
    await eventually('a recovery', () => {
      client.send('late 1 0\n')
      return told.includes('recovered')
    })
    await eventually('it has arrived', () => received.includes('late 1 0\n'))
  })

  it('keeps what waits for the address of an unknown host, within its bound', async () => {
    const client = aClient('carbon.invalid', 30)
    client.send('report.0 1 0\n')
    await eventually('a failure', () => told.length > 0)
    for (let n = 1; n < 5; n++) client.send(`report.${n} 1 0\n`)
    expect(told).toEqual([expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/)])
    expect(client.dropped).toBe(3)
  })

  it('sends on close what was given to it, and nothing after', async () => {
    await listen()
    const client = aClient()
    client.send('a 1 0\n')
    await eventually('it has arrived', () => received.length === 1)
    client.settle()
    client.send('last 1 0\n')
    await client.close(2000)
    await eventually('the last has arrived', () => received.includes('last 1 0\n'))
    client.send('never 1 0\n')
    expect(told).toEqual([])
  })

  it('looks nothing up once the node stops', async () => {
    const client = aClient('carbon.invalid')
    client.settle()
    client.send('a 1 0\n')
    await client.close(2000)
    expect(told).toEqual([])
  })
})
