import { describe, expect, it, vi } from 'vitest'
import { aHub } from '../../../test/support/fakes/a-hub.js'
import { Audience } from './audience.js'

const NOW_MS = 5
const frame = (text: string) => Buffer.from(`data:${text}\n\n`)

/** Offers a frame to all who listen to any of the namespaces, as the publisher does. */
function offer({ hub }: ReturnType<typeof aHub>, bytes: Buffer, ...namespaces: string[]): void {
  for (const namespace of namespaces) for (const audience of hub.listeners(namespace)) hub.offer(audience, bytes)
}

describe('Hub', () => {
  describe('a broadcast', () => {
    it('reaches those of its namespace alone', () => {
      const world = aHub()
      const [one, other, parent, eps] = [['details/26'], ['details/2665'], ['details'], ['eps']].map((each) => world.open(each).outlet)
      offer(world, frame('26'), 'details/26', 'details')
      world.hub.deliver(NOW_MS)
      expect([one, other, parent, eps].map((outlet) => outlet?.text)).toEqual(['data:26\n\n', '', 'data:26\n\n', ''])
    })

    it('does not touch an audience that is not concerned', () => {
      const world = aHub()
      world.open(['details/26'])
      world.open(['details/2665'])
      const offered = vi.spyOn(Audience.prototype, 'offer')
      const delivered = vi.spyOn(Audience.prototype, 'deliver')
      offer(world, frame('26'), 'details/26')
      world.hub.deliver(NOW_MS)
      world.hub.deliver(NOW_MS)
      for (const { mock } of [offered, delivered]) expect(mock.contexts).toMatchObject([{ namespaces: ['details/26'] }])
      vi.restoreAllMocks()
    })

    it('reaches a connection once where two of its namespaces match', () => {
      const world = aHub()
      const { outlet } = world.open(['details/26', 'details'])
      offer(world, frame('26'), 'details/26', 'details')
      world.hub.deliver(NOW_MS)
      expect(outlet.text).toBe('data:26\n\n')
    })

    it('reaches who came in the same turn of the event loop, and not who left in it', () => {
      const world = aHub()
      const first = world.open(['raw'])
      offer(world, frame('26'), 'raw')
      const second = world.open(['raw'])
      first.subscriber.close('client')
      world.hub.deliver(NOW_MS)
      expect([first.outlet.text, second.outlet.text]).toEqual(['', 'data:26\n\n'])
    })

    it('goes on to the others when one is closed by it', () => {
      const world = aHub({ limits: { queueMaxBytes: 1 } })
      const slow = world.open(['raw'])
      slow.outlet.isStalled = true
      const others = [world.open(['raw']), world.open(['raw'])]
      offer(world, frame('26'), 'raw')
      world.hub.deliver(NOW_MS)
      expect(world.closed).toMatchObject([{ reason: 'slow' }])
      expect(others.map(({ outlet }) => outlet.text)).toEqual(['data:26\n\n', 'data:26\n\n'])
    })
  })

  describe('an audience', () => {
    const kinds = (world: ReturnType<typeof aHub>) => [...world.hub.listeners('raw')].length

    it('is shared by those who asked for the same in the same way', () => {
      const world = aHub()
      expect(world.open(['raw']).subscriber.audience).toBe(world.open(['raw']).subscriber.audience)
      world.open(['raw'], { isNamed: true })
      world.open(['raw'], { isChunked: true })
      world.open(['raw', 'eps'])
      world.open(['eps', 'raw'])
      expect(kinds(world)).toBe(5)
    })

    it('vanishes with its last subscriber, and its namespaces with their last audience', () => {
      const world = aHub()
      const streams = [world.open(['raw']), world.open(['raw']), world.open(['raw', 'details/26'])]
      expect(['raw', 'details/26', 'details'].map((each) => world.hub.isHeard(each))).toEqual([true, true, false])
      streams[0]?.subscriber.close('client')
      expect(kinds(world)).toBe(2)
      streams[1]?.subscriber.close('client')
      expect(kinds(world)).toBe(1)
      streams[2]?.subscriber.close('client')
      expect(['raw', 'details/26'].map((each) => world.hub.isHeard(each))).toEqual([false, false])
      expect([...world.hub.listeners('raw')]).toEqual([])
    })

    it('begins anew, without what was offered to the one before', () => {
      const world = aHub()
      const { subscriber } = world.open(['raw'])
      offer(world, frame('26'), 'raw')
      subscriber.close('client')
      const { outlet } = world.open(['raw'])
      world.hub.deliver(NOW_MS)
      expect(outlet.text).toBe('')
    })
  })

  it('announces each stream that opens, and each that closes with its reason and its time', () => {
    const { open, opened, closed } = aHub()
    const openedAtMs = performance.now() - 100
    const { subscriber } = open(['eps', 'raw'], { nowMs: openedAtMs })
    expect(opened).toEqual([{ namespaces: ['eps', 'raw'], queued: ['raw'] }])
    subscriber.close('cleanup')
    expect(closed).toEqual([{ namespaces: ['eps', 'raw'], queued: ['raw'], reason: 'cleanup', openMs: expect.any(Number) }])
    expect(closed[0]?.openMs).toBeGreaterThanOrEqual(100)
  })
})
