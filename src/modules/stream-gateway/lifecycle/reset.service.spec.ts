import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { aHub } from '../../../../test/support/fakes/a-hub.js'
import { ResetService } from './reset.service.js'

const OPTIONS = { isResumable: true }

describe('ResetService', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  function resetting() {
    const world = aHub()
    new ResetService(world.config, world.bus, world.hub, world.slices).onModuleInit()
    return {
      ...world,
      replace: () => world.bus.emit('positions.changed', { reason: 'data-lost', isNewData: true }),
      /** The times of `retry:` in the last bytes. */
      retries: (streams: readonly { readonly outlet: { readonly text: string } }[]) =>
        streams.map(({ outlet }) => Number(/retry:(\d+)\n\n$/.exec(outlet.text)?.[1])),
    }
  }

  it('closes the streams whose clients keep ids or totals, and no other, each with a time to wait of its own', () => {
    const { open, replace, closed, turns, retries } = resetting()
    const old = Array.from({ length: 100 }, () => open(['eps'], { options: OPTIONS, hasEpoch: true }))
    const plain = [open(['eps']), open(['raw'])]
    replace()
    turns()
    expect(closed.map(({ reason }) => reason)).toEqual(old.map(() => 'reset'))
    expect(old.every(({ outlet }) => outlet.ending === 'ended')).toBe(true)
    expect(plain.map(({ outlet }) => outlet.ending)).toEqual(['open', 'open'])
    const times = retries(old)
    expect(Math.min(...times)).toBeGreaterThanOrEqual(1500)
    expect(Math.max(...times)).toBeLessThanOrEqual(4500)
    expect(new Set(times).size).toBeGreaterThan(50)
  })

  it('closes a part in each turn, and none that opens meanwhile', () => {
    const { open, replace, closed, turns } = resetting()
    for (let n = 0; n < 500; n++) open(['eps'], { options: OPTIONS, hasEpoch: true })
    replace()
    expect(closed.length).toBeGreaterThan(0)
    expect(closed.length).toBeLessThanOrEqual(200)
    const late = open(['eps'], { options: OPTIONS, hasEpoch: true })
    turns()
    expect(closed).toHaveLength(500)
    expect(late.subscriber.isClosed).toBe(false)
  })

  it('sends them nothing until they are closed: an id of the new data would let their clients keep the old', () => {
    const { open, replace, flush, turns } = resetting()
    const old = Array.from({ length: 100 }, () => open(['eps'], { options: OPTIONS, hasEpoch: true }))
    const plain = open(['eps'])
    replace()
    flush('a')
    turns()
    expect(old.map(({ outlet }) => outlet.text.includes('data:'))).toEqual(old.map(() => false))
    expect(plain.outlet.text).toContain('data:{"a":1}')
  })

  it('closes no stream where the data are the same', () => {
    const { bus, open, closed, turns } = resetting()
    open(['eps'], { options: OPTIONS, hasEpoch: true })
    bus.emit('positions.changed', { reason: null, isNewData: false })
    turns()
    expect(closed).toEqual([])
  })
})
