import { describe, expect, it } from 'vitest'
import { expectExactSums } from '../../support/redis/exact-sums.js'
import { aClient, openClient, openClients } from '../../support/servers/fixtures.js'
import { untilConnections } from '../../support/servers/probes.js'
import { complaints } from '../../support/servers/server-log.js'
import { sharedStack } from '../../support/servers/shared.js'
import { eventually } from '../../support/waiting/eventually.js'

const EPS = '/subscribe/eps'
const PATHS = [EPS, '/subscribe/raw', '/subscribe/details', '/subscribe?stream=eps&stream=raw']
const GET_EPS = `GET ${EPS} HTTP/1.1\r\nHost: here\r\n\r\n`
const GET_HEALTH = 'GET /health/live HTTP/1.1\r\nHost: here\r\n\r\n'

const aStack = sharedStack()

describe('clients that break off', () => {
  it('with a RST in the middle of broadcasts leave fifty others exact', async () => {
    const { server, feeder } = await aStack()
    const others = await openClients(server, 50, { path: EPS })
    const rude = (await Promise.all(PATHS.map((path) => openClients(server, 5, { path })))).flat()
    const running = feeder.run({ perSecond: 2000, seconds: 3 })
    for (const [index, client] of rude.entries()) {
      await client.until('some frames', ({ frames }) => frames > 3 * index)
      client.reset()
    }
    await expectExactSums(others, await running, feeder)
    await untilConnections(server, others.length)
    expect(complaints(server)).toEqual([])
  })

  it('with a RST before they are answered leave nothing behind', async () => {
    const { server, feeder } = await aStack()
    const others = await openClients(server, 5, { path: EPS })
    await untilConnections(server, others.length)
    const fds = server.fdCount()
    for (const path of PATHS) {
      const hasty = await Promise.all(Array.from({ length: 40 }, () => aClient(server, { path })))
      for (const client of hasty) client.reset()
      await Promise.all(hasty.map(({ closed }) => closed))
    }
    await expectExactSums(others, await feeder.run({ perSecond: 400, seconds: 1 }), feeder)
    await untilConnections(server, others.length)
    expect(complaints(server)).toEqual([])
    // The probe itself may hold one.
    await eventually('the file descriptors are back', () => server.fdCount() <= fds + 1)
  })

  it('by a FIN alone are removed, as they have left', async () => {
    const { server } = await aStack()
    const clients = await openClients(server, 3, { path: EPS })
    await untilConnections(server, 3)
    for (const client of clients) client.halfClose()
    await untilConnections(server, 0)
    await Promise.all(clients.map(({ closed }) => closed))
  })

  it('by a FIN alone are removed while they read nothing', async () => {
    const { server } = await aStack()
    const client = await aClient(server, { path: EPS, paused: true })
    await untilConnections(server, 1)
    client.halfClose()
    await untilConnections(server, 0)
  })
})

describe('clients that send more than one request', () => {
  /** Sends the request, and then the later bytes: no answer may come once a stream has begun, and no other client may notice. */
  async function expectNoAnswerInStream(request: string, ...later: string[]): Promise<void> {
    const { server, feeder } = await aStack()
    const others = await openClients(server, 5, { path: EPS })
    const rude = await aClient(server, { path: EPS, request })
    await Promise.race([rude.opened.catch(() => undefined), rude.closed])
    for (const bytes of later) rude.write(bytes)
    await expectExactSums(others, await feeder.run({ perSecond: 400, seconds: 0.5 }), feeder)

    expect(rude.received.toString('latin1')).not.toMatch(/text\/event-stream.*HTTP\/1/s)
    rude.close()
    await untilConnections(server, others.length)
    expect(complaints(server)).toEqual([])
  }

  it.each([
    ['the same stream 200 times', GET_EPS.repeat(200)],
    ['another request behind the stream', GET_EPS + GET_HEALTH],
    ['another request in front of the stream', GET_HEALTH + GET_EPS],
    ['garbage behind the request', `${GET_EPS}\0\x01 this is not HTTP\r\n\r\n`],
    ['a body that nobody wants', `${GET_EPS.slice(0, -2)}Content-Length: 5\r\n\r\nhello`],
    ['a body and another request behind it', `${GET_EPS.slice(0, -2)}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n${GET_HEALTH}`],
    ['half a request behind the stream', GET_EPS + GET_HEALTH.slice(0, 20)],
  ])('get no answer into the stream for %s in one write', async (_what, request) => {
    await expectNoAnswerInStream(request)
  })

  it.each([
    ['another request', GET_HEALTH],
    ['two hundred requests', GET_EPS.repeat(200)],
    ['garbage', '\0\x01 this is not HTTP\r\n\r\n'],
    ['chunks of a body that was not announced', '0\r\n\r\n'],
    ['a bad request line', 'GET / HTTP/9.9\r\n\r\n'],
  ])('get no answer into the stream for %s sent later', async (_what, later) => {
    await expectNoAnswerInStream(GET_EPS, later)
  })

  it('may send stray empty lines behind the request, at once and later', async () => {
    const { server, feeder } = await aStack()
    const client = await openClient(server, { path: EPS, request: `${GET_EPS}\r\n\r\n` })
    client.write('\r\n')
    await feeder.update('1F602')
    await client.until('the update', ({ counts }) => counts.get('1F602') === 1)
    client.write('\r\n\r\n')
    await expectExactSums([client], new Map([['1F602', 1]]), feeder)
    await untilConnections(server, 1)
    client.close()
  })

  it('may ask for a stream on a connection that has been answered before', async () => {
    const { server, feeder } = await aStack()
    const client = await aClient(server, { path: '/health/live' })
    client.write('')
    expect(await client.ended).toEqual({ clean: true })
    client.write(GET_EPS)
    await untilConnections(server, 1)
    await feeder.update('1F602')
    await client.until('the update', ({ surplus }) => surplus.toString().endsWith('data:{"1F602":1}\n\n\r\n'))
    expect(client.received.toString('latin1').match(/HTTP\/1\.1 200/g)).toHaveLength(2)
    client.close()
  })
})
