import { describe, expect, it, onTestFinished } from 'vitest'
import { EventSourceClient } from '../../support/clients/event-source-client.js'
import { RawClient } from '../../support/clients/raw-client.js'
import type { ScoreClient } from '../../support/clients/score-client.js'
import { UndiciClient } from '../../support/clients/undici-client.js'
import { expectExactSums } from '../../support/redis/exact-sums.js'
import { sum } from '../../support/redis/score-counts.js'
import { aLiveServer, openClient } from '../../support/servers/fixtures.js'
import type { ServerProcess } from '../../support/servers/server-process.js'
import { sharedStack } from '../../support/servers/shared.js'
import { eventually } from '../../support/waiting/eventually.js'

const PATH = '/subscribe/eps'
const EACH = 3
/** No two flushes are closer than this. */
const MIN_PERIOD_MS = 16.7

const aStack = sharedStack()

describe('the sums of /subscribe/eps', () => {
  it('are exact for every kind of client at the rate of production', async () => {
    const { server, feeder } = await aStack()
    const clients = await openEveryKind(server)
    const start = performance.now()
    const published = await feeder.run({ perSecond: 400, seconds: 10 })
    await expectExactSums(clients, published, feeder)
    const spanMs = performance.now() - start

    expect(sum(published)).toBe(4000)
    expect(feeder.unacknowledged).toBe(0)
    for (const { frames } of clients) expect(frames).toBeLessThanOrEqual(spanMs / MIN_PERIOD_MS + 2)
  })

  it('are exact through a burst', async () => {
    const { server, feeder } = await aStack()
    const clients = await openEveryKind(server)
    const start = performance.now()
    const published = await feeder.run({ perSecond: 1_000_000, seconds: 0.02 })
    await expectExactSums(clients, published, feeder)
    const spanMs = performance.now() - start

    expect(sum(published)).toBe(20_000)
    for (const { frames } of clients) expect(frames).toBeLessThanOrEqual(spanMs / MIN_PERIOD_MS + 2)
  })

  it('hold everything after the first bytes for a client that comes in the middle, and nothing that others had before', async () => {
    const { server, feeder } = await aStack()
    const first = await openClient(server, { path: PATH })
    const running = feeder.run({ perSecond: 400, seconds: 4 })
    await feeder.update('BEFORE')
    await first.until('it has received some', ({ counts }) => counts.has('BEFORE') && sum(counts) > 400)
    const had = sum(first.counts)

    const late = await openClient(server, { path: PATH })
    await feeder.update('AFTER')
    const published = await running
    const last = await lastFrames([first, late], feeder)

    expect(sum(first.counts)).toBe(sum(published) + 3)
    expect(sum(late.counts)).toBeLessThanOrEqual(sum(first.counts) - had)
    expect(late.counts.has('BEFORE')).toBe(false)
    expect(late.counts.get('AFTER')).toBe(1)
    // From its first frame on, the late client shares every frame with the earlier one.
    expect(last(late, late.frames)).toEqual(last(first, late.frames))
  })

  it('are exact again after more ids have come once than the log can hold', async () => {
    const { server, feeder } = await aLiveServer({ MAX_IDS: '1000' })
    const watcher = await openClient(server, { path: PATH })
    await Promise.all(Array.from({ length: 3000 }, (_, n) => feeder.publish('stream.score_updates', `once-${n}`)))
    // The update may come in the same flush as too many others, which refuses it.
    await eventually('new ids are taken', async () => {
      await feeder.update('2665')
      return watcher.counts.has('2665')
    })
    await feeder.update('LAST')
    await watcher.until('all updates so far have come', ({ counts }) => counts.has('LAST'))

    const client = await openClient(server, { path: PATH })
    const published = await feeder.run({ perSecond: 400, seconds: 2 })
    await expectExactSums([client], published, feeder)
  })

  it('count for a client that reconnects from then on only', async () => {
    const { server, feeder } = await aStack()
    const first = await openClient(server, { path: PATH })
    await feeder.update('FIRST')
    await first.until('the first update', ({ counts }) => counts.has('FIRST'))
    first.close()

    const again = await openClient(server, { path: PATH })
    await expectExactSums([again], new Map(), feeder)
  })
})

/** Some clients of each library, all open. */
async function openEveryKind(server: ServerProcess): Promise<ScoreClient[]> {
  const clients: ScoreClient[] = []
  onTestFinished(() => {
    for (const client of clients) client.close()
  })
  for (let round = 0; round < EACH; round++) {
    clients.push(
      new EventSourceClient(server.url + PATH),
      new UndiciClient(server.url + PATH),
      await RawClient.connect(server.port, { path: PATH, keepBody: false }),
      await RawClient.connect(server.port, { path: PATH, keepBody: false, httpVersion: '1.0' }),
    )
  }
  await Promise.all(clients.map(({ opened }) => opened))
  return clients
}

/** Waits for one last update at every client; the returned function gives the data of the last `count` frames of a client. */
async function lastFrames(clients: readonly RawClient[], feeder: { update(id: string): Promise<void> }) {
  await feeder.update('LAST')
  await Promise.all(clients.map((client) => client.until('the last update', ({ counts }) => counts.has('LAST'))))
  return (client: RawClient, count: number) =>
    client
      .messages()
      .slice(-count)
      .map(({ data }) => data)
}
