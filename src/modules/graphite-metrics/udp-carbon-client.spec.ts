import { createSocket, type Socket } from 'node:dgram'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { freePort } from '../../../test/support/servers/free-port.js'
import { eventually } from '../../../test/support/waiting/eventually.js'
import { Reachability, ReportQueue } from './carbon-client.js'
import { datagrams, UdpCarbonClient } from './udp-carbon-client.js'

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

  it('reports a peer that refuses, once a report, and recovers with it', async () => {
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

  it('keeps the reports that wait for the address of an unknown host, within its bound', async () => {
    const client = aClient('carbon.invalid', 30)
    client.send('report.0 1 0\n')
    await eventually('a failure', () => told.length > 0)
    for (let n = 1; n < 5; n++) client.send(`report.${n} 1 0\n`)
    expect(told).toEqual([expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/)])
    expect(client.dropped).toBe(3)
  })

  it('sends on close the reports given before, and no later ones', async () => {
    await listen()
    const client = aClient()
    client.send('a 1 0\n')
    await eventually('it has arrived', () => received.length === 1)
    client.stopConnecting()
    client.send('last 1 0\n')
    await client.close(2000)
    await eventually('the last has arrived', () => received.includes('last 1 0\n'))
    client.send('never 1 0\n')
    expect(told).toEqual([])
  })

  it('looks nothing up once the node stops', async () => {
    const client = aClient('carbon.invalid')
    client.stopConnecting()
    client.send('a 1 0\n')
    await client.close(2000)
    expect(told).toEqual([])
  })
})

const sizes = (text: string, maxBytes: number) => Array.from(datagrams(Buffer.from(text), maxBytes), String)

describe('datagrams', () => {
  it('keeps a report whole that fits', () => {
    expect(sizes('a 1 0\nb 2 0\n', 12)).toEqual(['a 1 0\nb 2 0\n'])
  })

  it('cuts at line ends, as late as the bound allows', () => {
    expect(sizes('a 1 0\nb 2 0\nc 3 0\n', 17)).toEqual(['a 1 0\nb 2 0\n', 'c 3 0\n'])
  })

  it('sends a line alone that is longer than the bound', () => {
    expect(sizes('a 1 0\nlong.name 1 0\nb 2 0\n', 8)).toEqual(['a 1 0\n', 'long.name 1 0\n', 'b 2 0\n'])
  })

  it('loses nothing, cuts no line, and keeps to the bound, whatever the lines', () => {
    const lines = fc.array(fc.string({ minLength: 1, maxLength: 40, unit: fc.constantFrom('a', '.', '1') }), { maxLength: 60 })
    fc.assert(
      fc.property(lines, fc.integer({ min: 1, max: 120 }), (all, maxBytes) => {
        const text = all.map((line) => `${line}\n`).join('')
        const parts = sizes(text, maxBytes)
        expect(parts.join('')).toBe(text)
        for (const part of parts) {
          expect(part.endsWith('\n')).toBe(true)
          expect(part.length <= maxBytes || part.indexOf('\n') === part.length - 1).toBe(true)
        }
      }),
    )
  })
})
