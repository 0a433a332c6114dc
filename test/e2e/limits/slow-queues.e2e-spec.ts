import { describe, expect, it } from 'vitest'
import { expectExactSums } from '../../support/redis/exact-sums.js'
import type { Feeder } from '../../support/redis/feeder.js'
import { flood, rounds } from '../../support/redis/flood.js'
import { aClient, aLiveServer, openClient } from '../../support/servers/fixtures.js'
import { connectionsTotal, untilConnections } from '../../support/servers/probes.js'
import { sharedStack } from '../../support/servers/shared.js'

const QUEUE_MAX_BYTES = 65_536
/** More than the kernel takes for a client that does not read, and less than QUEUE_MAX_BYTES of the tests that bound a queue by time. */
const FLOOD_BYTES = 16 * 1_048_576
const PAYLOAD_BYTES = 16_384
const CHANNEL = 'stream.tweet_updates.2665'

const bounded = sharedStack({ QUEUE_MAX_BYTES: String(QUEUE_MAX_BYTES) })
const impatient = sharedStack({ QUEUE_MAX_BYTES: String(4 * FLOOD_BYTES), QUEUE_STALL_MS: '1000' })

describe('raw and details clients that never read', () => {
  it('are closed at QUEUE_MAX_BYTES on /subscribe/raw, with whole frames up to the cut', async () => {
    const { server, feeder } = await bounded()
    const eps = await openClient(server, { path: '/subscribe/eps', keepBody: false })
    const stalled = await aClient(server, { path: '/subscribe/raw', paused: true })
    await untilConnections(server, 2)
    const published = await flood(feeder, async () => (await connectionsTotal(server)) === 1)
    await expectExactSums([eps], published, feeder)

    stalled.resume()
    expect(await stalled.ended).toMatchObject({ clean: false })
    const ids = stalled.messages().map(({ data }) => data)
    // `flood` publishes its ids in the order of its map, round after round.
    const order = [...published.keys()]
    expect(ids.length).toBeGreaterThan(0)
    ids.forEach((id, index) => {
      if (id !== order[index % order.length]) throw new Error(`frame ${index} is ${id}`)
    })
  })

  it('are closed at QUEUE_MAX_BYTES on /subscribe/details/<id>, and those that read get everything', async () => {
    const { server, feeder } = await bounded()
    const reader = await openClient(server, { path: '/subscribe/details' })
    const stalled = await aClient(server, { path: '/subscribe/details/2665', paused: true })
    await untilConnections(server, 2)
    const payloads = await publishDetails(feeder, async () => (await connectionsTotal(server)) === 1)
    await reader.until('every detail', ({ frames }) => frames === payloads.length)
    expect(reader.messages().map(({ data }) => data)).toEqual(payloads)

    stalled.resume()
    expect(await stalled.ended).toMatchObject({ clean: false })
    const received = stalled.messages()
    expect(received.length).toBeGreaterThan(0)
    expect(received.map(({ data }) => data)).toEqual(payloads.slice(0, received.length))
    expect(new Set(received.map(({ event }) => event))).toEqual(new Set([CHANNEL]))
  })

  it.each(['/subscribe/details/2665', '/subscribe?stream=eps&stream=details/2665'])(
    'are closed after QUEUE_STALL_MS on %s, and only those',
    async (path) => {
      const { server, feeder } = await impatient()
      const reader = await openClient(server, { path, keepBody: false })
      const silent = await aClient(server, { path: '/subscribe/details/1F602', paused: true })
      const stalled = await aClient(server, { path, paused: true })
      await untilConnections(server, 3)
      await publishDetails(feeder, rounds(FLOOD_BYTES / PAYLOAD_BYTES))
      await untilConnections(server, 2)

      stalled.resume()
      expect(await stalled.ended).toMatchObject({ clean: false })
      await feeder.publish(CHANNEL, 'still here')
      await reader.until('every detail', ({ frames }) => frames === FLOOD_BYTES / PAYLOAD_BYTES + 1)
      silent.resume()
      await silent.opened
    },
  )

  it('cost nothing while their backlog is within its bounds: a client that reads again gets everything', async () => {
    const { server, feeder } = await aLiveServer({ QUEUE_MAX_BYTES: String(4 * FLOOD_BYTES) })
    const sleeper = await openClient(server, { path: '/subscribe/details/2665', keepBody: false })
    sleeper.pause()
    const payloads = await publishDetails(feeder, rounds(FLOOD_BYTES / PAYLOAD_BYTES))
    sleeper.resume()
    await sleeper.until('every detail', ({ frames }) => frames === payloads.length)
    await feeder.publish(CHANNEL, 'one more')
    await sleeper.until('one more', ({ frames }) => frames === payloads.length + 1)
  })
})

/** Publishes details of one id, each of its own, until `enough` says so; returns them. */
async function publishDetails(feeder: Feeder, enough: () => boolean | Promise<boolean>): Promise<string[]> {
  const payloads: string[] = []
  do {
    const payload = `${payloads.length} `.padEnd(PAYLOAD_BYTES, '.')
    payloads.push(payload)
    await feeder.publish(CHANNEL, payload)
  } while (!(await enough()))
  return payloads
}
