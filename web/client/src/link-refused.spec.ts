import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { begin, isClosed, linked, names, sendIds } from '../test/played-link.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const NOPE = { status: 400, refused: ['nope'] }

/** A link that wanted `eps` and `nope`, and has eps. */
function withoutNope() {
  const played = linked()
  played.link.want(['eps', 'nope'])
  played.stream(0).onEnd(NOPE)
  played.stream(1).onOpen()
  return played
}

describe('Link, where the server refuses some namespaces', () => {
  it('continues at once without them, and names them', () => {
    const { streams, states, open } = withoutNope()
    expect(streams.map(({ namespaces }) => namespaces)).toEqual([['eps', 'nope'], ['eps']])
    expect(names(states)).not.toContain('waiting')
    expect(states.at(-1)).toMatchObject({ name: 'open', refused: ['nope'] })
    expect(open()).toEqual(['eps'])
  })

  it('keeps what it has, and takes what is wanted beside', () => {
    const { link, streams, stream, states, open, frames, knows } = linked()
    knows.totals = true
    link.want(['eps'])
    begin(stream(0), '1')
    link.want(['eps', 'nope', 'raw'])
    stream(1).onEnd(NOPE)
    expect(states.at(-1)).toMatchObject({ name: 'open', refused: ['nope'] })
    expect(isClosed(stream(0))).toBe(false)
    expect(stream(2)).toMatchObject({ namespaces: ['eps', 'raw'], lastId: '1' })
    sendIds(stream(0), '2', '3')
    begin(stream(2), '1')
    sendIds(stream(2), '3', '4')
    expect(frames).toEqual(['eps/: 3', 'eps/: 4'])
    expect(open()).toEqual(['eps', 'raw'])
    expect(streams.length).toBe(3)
  })

  it('asks for them again after a while, longer each time, without letting go of the rest', () => {
    const { streams, stream, states } = withoutNope()
    for (let turn = 0; turn < 6; turn++) {
      const most = Math.min(30_000, 1000 * 2 ** turn)
      vi.advanceTimersByTime(most / 2 - 1)
      expect(streams.length).toBe(turn + 2)
      vi.advanceTimersByTime(most / 2 + 1)
      expect(stream(turn + 2).namespaces).toEqual(['eps', 'nope'])
      stream(turn + 2).onEnd(NOPE)
      expect(states.at(-1)).toMatchObject({ name: 'open', refused: ['nope'] })
    }
    expect(isClosed(stream(1))).toBe(false)
  })

  it('has them once the server does', () => {
    const { stream, states, open } = withoutNope()
    vi.advanceTimersByTime(1000)
    stream(2).onOpen()
    expect(states.at(-1)).toMatchObject({ name: 'open', refused: [] })
    expect(open()).toEqual(['eps', 'nope'])
  })

  it('lets go of a stream that nobody wants where all that is wanted is refused', () => {
    const { link, streams, stream, states } = linked()
    link.want(['raw'])
    stream(0).onOpen()
    link.want(['nope'])
    stream(1).onEnd(NOPE)
    expect(isClosed(stream(0))).toBe(true)
    expect(states.at(-1)).toMatchObject({ name: 'waiting', status: 400 })
    vi.advanceTimersByTime(1000)
    expect(streams.map(({ namespaces }) => namespaces)).toEqual([['raw'], ['nope'], ['nope']])
  })

  it('waits no longer for the others because of them', () => {
    const { stream, streams, states } = withoutNope()
    for (let turn = 2; turn < 7; turn++) {
      vi.advanceTimersByTime(30_000)
      stream(turn).onEnd(NOPE)
    }
    stream(1).onEnd({ status: 503 })
    expect(states.at(-1)).toMatchObject({ name: 'waiting', delayMs: expect.toSatisfy((ms: number) => ms <= 1000) })
    expect(streams).toHaveLength(7)
  })

  it('reconnects without them where the connection is lost', () => {
    const { streams, stream, open } = withoutNope()
    stream(1).onEnd({})
    vi.advanceTimersByTime(2000)
    stream(2).onEnd(NOPE)
    expect(stream(3).namespaces).toEqual(['eps'])
    stream(3).onOpen()
    expect(open()).toEqual(['eps'])
    expect(streams.length).toBe(4)
  })

  it('asks at once for what is wanted beside, where it has nothing yet', () => {
    const { link, streams, stream, states } = linked()
    link.want(['nope'])
    for (let turn = 0; turn < 5; turn++) {
      stream(turn).onEnd(NOPE)
      expect(states.at(-1)).toMatchObject({ name: 'waiting', status: 400 })
      if (turn < 4) vi.advanceTimersByTime(30_000)
    }
    link.want(['eps', 'nope'])
    expect(stream(5).namespaces).toEqual(['eps'])
    stream(5).onOpen()
    expect(states.at(-1)).toMatchObject({ name: 'open', refused: ['nope'] })
    expect(streams.length).toBe(6)
  })

  it.each([
    ['all are', { status: 400, refused: ['eps', 'nope'] }],
    ['none of its own is', { status: 400, refused: ['other'] }],
    ['it does not say which', { status: 400 }],
  ])('waits where %s', (_, end) => {
    const { link, streams, stream, states } = linked()
    link.want(['eps', 'nope'])
    stream(0).onEnd(end)
    expect(states.at(-1)).toMatchObject({ name: 'waiting', status: 400 })
    expect(streams.length).toBe(1)
    vi.advanceTimersByTime(1000)
    expect(stream(1).namespaces).toEqual(['eps', 'nope'])
    link.close()
    expect(vi.getTimerCount()).toBe(0)
  })
})
