import { expect, it } from 'vitest'
import { expectExactSums } from '../../support/redis/exact-sums.js'
import { aFeeder, aRedis, aServer, openClients } from '../../support/servers/fixtures.js'
import { statusOf, untilConnections, untilReady } from '../../support/servers/probes.js'
import { complaints, logLines } from '../../support/servers/server-log.js'

/** A Node.js whose sockets do not show their parser. */
const FILES = {
  'without-parser.cjs': `const { Socket } = require('node:net')
Object.defineProperty(Socket.prototype, 'parser', { get: () => undefined, set() {} })`,
}

it('a server on a Node.js without the APIs that taking a connection over needs says so once, and streams exactly', async () => {
  const redis = await aRedis()
  const server = await aServer({ REDIS_URL: redis.url, NODE_OPTIONS: '--require ./without-parser.cjs' }, FILES)
  await untilReady(server, true)
  expect(logLines(server).filter(({ msg }) => msg === 'writer chosen')).toMatchObject([{ writer: 'socket.write' }])
  expect(complaints(server)).toMatchObject([
    { msg: 'streams cost more memory and time: this Node.js lacks an API of connections', missing: 'socket.parser' },
  ])

  const feeder = await aFeeder(redis.url)
  const clients = await openClients(server, 20, { path: '/subscribe/eps' })
  const [raw] = await openClients(server, 1, { path: '/subscribe/raw', keepBody: true })
  await expectExactSums(clients, await feeder.run({ perSecond: 1000, seconds: 2 }), feeder)
  await feeder.update('LAST')
  await raw?.until('the last update', () => raw.messages().at(-1)?.data === 'LAST')
  expect(await statusOf(server, '/health')).toBe(200)

  for (const client of [...clients, raw]) client?.close()
  await untilConnections(server, 0)
  server.signal('SIGTERM')
  expect(await server.exited).toEqual({ code: 0, signal: null })
  expect(complaints(server)).toHaveLength(1)
})
