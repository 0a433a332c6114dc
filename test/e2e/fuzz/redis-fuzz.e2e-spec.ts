import fc from 'fast-check'
import { expect, it, onTestFinished } from 'vitest'
import { fuzzing, mutate, mutation, SEEDED } from '../../support/fuzz/fuzzing.js'
import { GarblingProxy } from '../../support/proxies/garbling-proxy.js'
import { aFeeder, aRedis, aServer, openClient } from '../../support/servers/fixtures.js'
import { statusOf, untilReady } from '../../support/servers/probes.js'
import { eventually } from '../../support/waiting/eventually.js'

/** Replies of every type of RESP, and pieces that are none. */
const REPLIES = [
  '+OK\r\n',
  '-ERR no\r\n',
  '-LOADING Redis is loading the dataset in memory\r\n',
  '-MASTERDOWN Link with MASTER is down\r\n',
  '-NOAUTH HELLO must be called\r\n',
  ':1\r\n',
  ':99999999999999999999999\r\n',
  '$-1\r\n',
  '$5\r\nab\r\n',
  '$1000000000\r\n',
  '*-1\r\n',
  '*3\r\n$9\r\nsubscribe\r\n$20\r\nstream.score_updates\r\n:1\r\n',
  '*3\r\n$7\r\nmessage\r\n$20\r\nstream.score_updates\r\n$5\r\n1F602\r\n',
  '>3\r\n$7\r\nmessage\r\n$20\r\nstream.score_updates\r\n$5\r\n1F602\r\n',
  '*4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$0\r\n\r\n*0\r\n',
  '%1\r\n+server\r\n+redis\r\n',
  '*1\r\n'.repeat(2000),
  '_\r\n',
  ',nan\r\n',
  '#t\r\n',
]

/** The changes to an answer of Redis: some bytes differ, another reply precedes or replaces it, or its end is cut off. */
const garbling = fc.oneof(
  fc.array(mutation, { minLength: 1, maxLength: 3 }).map((mutations) => (bytes: Buffer) => mutate(bytes, mutations)),
  fc.constantFrom(...REPLIES).map((reply) => (bytes: Buffer) => Buffer.concat([Buffer.from(reply), bytes])),
  fc.constantFrom(...REPLIES).map((reply) => () => Buffer.from(reply)),
  fc.uint8Array({ minLength: 1, maxLength: 100 }).map((noise) => () => Buffer.from(noise)),
  fc.double({ min: 0, max: 1, noNaN: true }).map((share) => (bytes: Buffer) => bytes.subarray(0, Math.floor(share * bytes.length))),
)

it(`answers of Redis of any bytes end no process, and streams go on with the next good connection ${SEEDED}`, async () => {
  const redis = await aRedis()
  const proxy = await GarblingProxy.start(redis.port)
  onTestFinished(() => proxy.stop())
  const server = await aServer({ REDIS_URL: `redis://127.0.0.1:${proxy.port}`, REPORT_MS: '1000', DRAIN_S: '0' })
  await untilReady(server, true)
  const [client, feeder] = [await openClient(server, { path: '/subscribe/eps', keepBody: false }), await aFeeder(redis.url)]
  let sent = 0

  await fc.assert(
    fc.asyncProperty(fc.array(garbling, { minLength: 1, maxLength: 4 }), fc.nat(3), async (garblings, good) => {
      // Some answers of each run come through, so that later ones of a handshake are changed as well.
      let left = good
      let next = 0
      proxy.garble = (bytes) => (left-- > 0 ? bytes : (garblings[next++ % garblings.length]?.(bytes) ?? bytes))
      const before = proxy.accepted
      proxy.cut()
      await eventually('the server connects anew', () => proxy.accepted > before, 10_000)
      await eventually('an answer is changed', () => next > 0, 10_000)
      expect(await statusOf(server, '/health/live')).toBe(200)

      proxy.garble = (bytes) => bytes
      proxy.cut()
      await untilReady(server, true)
      const id = `RUN-${sent++}`
      await eventually('an update comes through', async () => {
        await feeder.update(id)
        return client.counts.has(id)
      })
    }),
    fuzzing({ runs: 30, ms: 10_000 }),
  )
})
