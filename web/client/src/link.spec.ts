import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { isClosed, linked, names, send } from '../test/played-link.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('Link', () => {
  it('connects when something is wanted, and hands frames on', () => {
    const { link, streams, stream, frames, states, open } = linked()
    expect(streams).toEqual([])
    link.want(['eps'])
    stream(0).onOpen()
    send(stream(0), '1', '2')
    expect(frames).toEqual(['eps: 1', 'eps: 2'])
    expect(names(states)).toEqual(['connecting', 'open'])
    expect(open()).toEqual(['eps'])
  })

  it('reconnects after a while, and waits longer after each failure', () => {
    const { link, streams, stream, states, at } = linked()
    link.want(['eps'])
    stream(0).onOpen()
    const first = at()
    const waits: number[] = []
    for (let turn = 0; turn < 8; turn++) {
      stream(turn).onEnd({})
      const last = states.at(-1)
      if (last?.name !== 'waiting') throw new Error('it does not wait')
      waits.push(last.delayMs)
      vi.advanceTimersByTime(last.delayMs - 1)
      expect(streams.length).toBe(turn + 1)
      vi.advanceTimersByTime(2)
      expect(streams.length).toBe(turn + 2)
    }
    for (const [index, ms] of waits.entries()) {
      const full = Math.min(5000, 1000 * 2 ** index)
      expect(ms).toBeGreaterThanOrEqual(full / 2)
      expect(ms).toBeLessThanOrEqual(full)
    }
    stream(8).onOpen()
    expect(at()).not.toBe(first)
  })

  it('waits for as long as the server asks, and gives the status of the answer', () => {
    const { link, streams, stream, states } = linked()
    link.want(['eps'])
    stream(0).onEnd({ retryMs: 2705, status: 503 })
    expect(states.at(-1)).toEqual({ name: 'waiting', delayMs: 2705, status: 503 })
    vi.advanceTimersByTime(2700)
    expect(streams.length).toBe(1)
    vi.advanceTimersByTime(10)
    expect(streams.length).toBe(2)
  })

  it('forgets its failures after a stream that lasted', () => {
    const { link, stream, states } = linked()
    link.want(['eps'])
    for (let turn = 0; turn < 5; turn++) {
      stream(turn).onEnd({})
      vi.advanceTimersByTime(30_000)
    }
    stream(5).onOpen()
    vi.advanceTimersByTime(6000)
    stream(5).onEnd({})
    expect(states.at(-1)).toMatchObject({ name: 'waiting', delayMs: expect.toSatisfy((ms: number) => ms <= 1000) })
  })

  it('tries at once when the browser is online again, or when it is asked and its timer is late', () => {
    const online = new EventTarget()
    vi.stubGlobal('addEventListener', online.addEventListener.bind(online))
    const { link, streams, stream } = linked()
    vi.unstubAllGlobals()
    link.want(['eps'])
    stream(0).onEnd({ retryMs: 60_000 })
    link.want(['eps', 'raw'])
    expect(streams.length).toBe(1)
    online.dispatchEvent(new Event('online'))
    expect(stream(1).namespaces).toEqual(['eps', 'raw'])

    stream(1).onEnd({ retryMs: 60_000 })
    vi.setTimerTickMode('manual')
    const now = performance.now()
    vi.spyOn(performance, 'now').mockReturnValue(now + 60_001)
    link.want(['eps', 'raw'])
    expect(streams.length).toBe(3)
    vi.restoreAllMocks()
  })

  it('opens one stream where what is wanted changes before it is open', () => {
    const { link, streams, stream } = linked()
    link.want(['eps'])
    link.want(['eps', 'raw'])
    link.want(['eps', 'raw'])
    expect(streams.map(isClosed)).toEqual([true, false])
    expect(stream(1).namespaces).toEqual(['eps', 'raw'])
  })

  it('has no stream where nothing is wanted, nor after it is closed', () => {
    const { link, streams, stream, states } = linked()
    link.want(['eps'])
    stream(0).onOpen()
    link.want([])
    expect(isClosed(stream(0))).toBe(true)
    expect(states.at(-1)).toEqual({ name: 'connecting' })
    link.want(['eps'])
    stream(1).onEnd({})
    link.close()
    vi.advanceTimersByTime(60_000)
    expect(streams.length).toBe(2)
    expect(vi.getTimerCount()).toBe(0)
  })
})
