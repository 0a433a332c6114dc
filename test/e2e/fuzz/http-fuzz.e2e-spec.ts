import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exchange } from '../../support/fuzz/exchange.js'
import { fuzzing, SEEDED } from '../../support/fuzz/fuzzing.js'
import { requestBytes } from '../../support/fuzz/http-requests.js'
import { SAMPLE_PLUG_IN } from '../../support/plugins/sample-plug-in.js'
import { expectExactSums } from '../../support/redis/exact-sums.js'
import { openClients } from '../../support/servers/fixtures.js'
import { statusOf, untilConnections } from '../../support/servers/probes.js'
import { logLines } from '../../support/servers/server-log.js'
import type { ServerProcess } from '../../support/servers/server-process.js'
import { sharedStack } from '../../support/servers/shared.js'

const ERROR = 50
/** The greeting of a stream, and behind it the head of another answer. */
const ANSWER_IN_STREAM = /text\/event-stream.*\r\n\r\n.*:ok\n\n.*HTTP\/1\.[01] \d/s
const AT_ONCE = 10

const errors = (server: ServerProcess) => logLines(server).filter(({ level }) => level >= ERROR)

const aStack = sharedStack({ STREAMER_MODULES: SAMPLE_PLUG_IN, HEARTBEAT_MS: '3600000' })

describe(`requests of any bytes ${SEEDED}`, () => {
  it('end no process, get no answer into a stream, and disturb no other client', async () => {
    const { server, feeder } = await aStack()
    const others = await openClients(server, 3, { path: '/subscribe/eps' })
    await fc.assert(
      fc.asyncProperty(fc.array(requestBytes, { minLength: AT_ONCE, maxLength: AT_ONCE }), async (requests) => {
        for (const received of await Promise.all(requests.map((pieces) => exchange(server.port, pieces)))) {
          expect(received).toMatch(/^(HTTP\/1\.[01] [1-5]\d\d |$)/)
          expect(received).not.toMatch(/^HTTP\/1\.[01] 500/)
          expect(received).not.toMatch(ANSWER_IN_STREAM)
        }
        expect(await statusOf(server, '/health/ready')).toBe(200)
      }),
      fuzzing({ runs: 80 }),
    )
    await expectExactSums(others, await feeder.run({ perSecond: 400, seconds: 0.5 }), feeder)
    await untilConnections(server, others.length)
    expect(errors(server)).toEqual([])
  })
})

/** Channels near those of the feeder, and any other. */
const channel = fc.oneof(
  fc.constantFrom('stream.score_updates', 'stream.tweet_updates.', 'stream.tweet_updates.2665', 'stream.interaction.button'),
  fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.concat([Buffer.from('stream.tweet_updates.'), bytes])),
  fc.uint8Array({ minLength: 1, maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
)
const payload = fc.oneof(
  fc.uint8Array({ maxLength: 140 }).map((bytes) => Buffer.from(bytes)),
  fc.string({ unit: 'binary', maxLength: 140 }),
  fc.constantFrom('', '__proto__', 'constructor', 'a\r\n\r\nevent:x', '1F602', '\u2028', 'x'.repeat(129)),
)

it(`messages of any bytes leave every stream well-formed, those of a plug-in too ${SEEDED}`, async () => {
  const { server, feeder } = await aStack()
  const paths = ['eps', 'raw', 'details', 'votes', 'newest', 'messages'].map((name) => `/subscribe/${name}`)
  const all = '/subscribe?stream=eps&stream=raw&stream=details&stream=votes&stream=newest&stream=messages'
  const clients = (await Promise.all([...paths, all].map((path) => openClients(server, 1, { path, keepBody: true })))).flat()
  const [eps, , , votes] = clients
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(channel, payload), { minLength: 1, maxLength: 50 }), async (messages) => {
      await Promise.all(messages.map(([to, data]) => feeder.publish(to, data)))
    }),
    fuzzing({ runs: 60, ms: 4_000 }),
  )
  await feeder.update('LAST')
  await Promise.all([eps, votes].map((client) => client?.until('the last update', ({ body }) => body.includes('"LAST":'))))

  for (const client of clients) {
    // A message ends a field of its own, so no field but those of the server can come of it. The server's own `retry:` precedes all messages.
    const blocks = client.blocks()
    const first = blocks.findIndex(({ data }) => data !== undefined)
    for (const { ignored, id } of blocks) expect({ ignored, id }).toEqual({ ignored: [], id: undefined })
    for (const { retry } of blocks.slice(Math.max(first, 0))) expect(retry).toBeUndefined()
  }
  for (const client of [eps, votes])
    for (const { data } of client?.messages() ?? []) {
      for (const count of Object.values(JSON.parse(data) as Record<string, unknown>)) expect(Number.isInteger(count)).toBe(true)
    }
  expect(await statusOf(server, '/health/ready')).toBe(200)
  expect(errors(server)).toEqual([])
})
