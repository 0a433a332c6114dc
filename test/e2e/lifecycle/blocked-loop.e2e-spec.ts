import { expect, it } from 'vitest'
import { BLOCKING_PLUG_IN, blockLoop } from '../../support/plugins/blocked-loop.js'
import { expectExactSums } from '../../support/redis/exact-sums.js'
import { aLiveServer, openClient } from '../../support/servers/fixtures.js'
import { statusOf } from '../../support/servers/probes.js'
import { logLines } from '../../support/servers/server-log.js'
import { eventually } from '../../support/waiting/eventually.js'

const IDS = Array.from({ length: 100 }, (_, index) => `1F${index}`)
const MAX_PER_S = 60
/** The most frames that a late client may get at once: a burst of the flushes that the loop missed would be four times as many. */
const SLACK = MAX_PER_S / 2
const ERROR = 50

it('an event loop that was blocked for 2 s sends one merged summary, then no burst, and is live again', async () => {
  const { server, feeder } = await aLiveServer({ STREAMER_MODULES: BLOCKING_PLUG_IN })
  const client = await openClient(server, { path: '/subscribe/eps', keepBody: true })
  const release = await blockLoop(server, feeder)
  const published = new Map<string, number>()
  for (const id of [...IDS, ...IDS]) {
    await feeder.publish('stream.score_updates', id)
    published.set(id, (published.get(id) ?? 0) + 1)
  }
  // The probe gives up after 2 s.
  await expect(statusOf(server, '/health/live')).rejects.toThrow()
  expect(client.frames).toBe(0)

  release()
  await client.until('a summary', ({ frames }) => frames > 0)
  const startMs = performance.now()
  const before = client.frames
  const running = await feeder.run({ perSecond: 400, seconds: 2 })
  const most = ((performance.now() - startMs) / 1000) * MAX_PER_S + SLACK
  expect(client.frames - before).toBeLessThanOrEqual(most)
  for (const [id, count] of running) published.set(id, (published.get(id) ?? 0) + count)
  await expectExactSums([client], published, feeder)
  const [first = expect.fail('no frame')] = client.messages()
  expect(JSON.parse(first.data)).toEqual(Object.fromEntries(IDS.map((id) => [id, 2])))
  await eventually('it is live', async () => (await statusOf(server, '/health/live')) === 200)
  expect(logLines(server).filter(({ level }) => level >= ERROR)).toEqual([])
})
