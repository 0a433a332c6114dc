import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { begin, isClosed, linked, names, send, sendIds } from '../test/played-link.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A link with an open stream of eps at the id 1. */
function opened() {
  const played = linked()
  played.knows.totals = true
  played.link.want(['eps'])
  begin(played.stream(0), '1')
  return played
}

describe('Link with another stream to come', () => {
  it('holds back the frames of the open stream, which the next one brings again, and closes it then', () => {
    const { link, stream, frames, open, at } = opened()
    sendIds(stream(0), '2')
    link.want(['details/1', 'eps'])
    expect(stream(1)).toMatchObject({ namespaces: ['details/1', 'eps'], lastId: '2' })
    sendIds(stream(0), '3', '4')
    expect(frames).toEqual(['eps/: 2'])
    expect(isClosed(stream(0))).toBe(false)
    begin(stream(1), '2')
    expect(isClosed(stream(0))).toBe(true)
    expect([open(), at()]).toEqual([['details/1', 'eps'], '2'])
    sendIds(stream(1), '4')
    stream(1).onFrame('stream.tweet_updates.1', 'x', '5')
    expect(frames).toEqual(['eps/: 2', 'eps/: 4', 'stream.tweet_updates.1: x'])
    expect(at()).toBe('5')
  })

  it('asks from the same id where what is wanted changes once more meanwhile', () => {
    const { link, streams, stream, frames } = opened()
    link.want(['eps', 'raw'])
    sendIds(stream(0), '2')
    link.want(['eps', 'raw', 'x'])
    sendIds(stream(0), '3')
    expect(isClosed(stream(1))).toBe(true)
    expect(streams.map(({ lastId }) => lastId)).toEqual(['', '1', '1'])
    begin(stream(2), '1')
    sendIds(stream(2), '3')
    expect(frames).toEqual(['eps/: 3'])
  })

  it('keeps the stream that it has, and what that has brought, where another one is refused, and asks again', () => {
    const { link, streams, stream, frames, states, at } = opened()
    link.want(['eps', 'raw'])
    sendIds(stream(0), '2')
    stream(1).onEnd({ retryMs: 1000 })
    sendIds(stream(0), '3')
    expect(frames).toEqual(['eps/: 2', 'eps/: 3'])
    expect([names(states).at(-1), at()]).toEqual(['open', '3'])
    vi.advanceTimersByTime(1001)
    expect(streams.length).toBe(3)
    expect(stream(2).lastId).toBe('3')
  })

  it('leaves all to the next stream where that takes longer than two seconds', () => {
    const { link, stream, frames, states } = opened()
    link.want(['eps', 'raw'])
    sendIds(stream(0), '2')
    vi.advanceTimersByTime(1999)
    expect(isClosed(stream(0))).toBe(false)
    vi.advanceTimersByTime(1)
    expect(isClosed(stream(0))).toBe(true)
    expect(names(states).at(-1)).toBe('connecting')
    begin(stream(1), '1')
    sendIds(stream(1), '2')
    expect(frames).toEqual(['eps/: 2'])
    link.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('continues with the next stream where the open one ends before, and tries that again where it ends as well', () => {
    const { link, streams, stream, frames, states } = opened()
    link.want(['eps', 'raw'])
    sendIds(stream(0), '2')
    stream(0).onEnd({})
    expect(names(states).at(-1)).toBe('connecting')
    stream(1).onEnd({})
    vi.advanceTimersByTime(1001)
    expect(stream(2).lastId).toBe('1')
    begin(stream(2), '1')
    sendIds(stream(2), '2')
    expect(frames).toEqual(['eps/: 2'])
    vi.advanceTimersByTime(60_000)
    expect(streams.length).toBe(3)
  })

  it('begins anew with what is wanted after nothing was', () => {
    const { link, stream } = opened()
    link.want([])
    link.want(['raw'])
    expect(stream(1).lastId).toBe('')
  })

  it('asks for no counts of single ids beside eps, and is open for them at once', () => {
    const { link, streams, stream, states } = opened()
    link.want(['eps', 'eps/1', 'raw'])
    expect(stream(1).namespaces).toEqual(['eps', 'raw'])
    begin(stream(1), '1')
    const told = states.length
    link.want(['eps', 'eps/1', 'eps/2', 'raw'])
    expect([streams.length, names(states).slice(told)]).toEqual([2, ['open']])
    link.want(['eps/1', 'eps/2', 'raw'])
    expect(stream(2).namespaces).toEqual(['eps/1', 'eps/2', 'raw'])
  })
})

describe('Link, whose stream goes on after an id', () => {
  it('goes on after the last id where the connection was lost, and after the one that it begins with', () => {
    const { streams, stream, frames, at } = opened()
    sendIds(stream(0), '2')
    stream(0).onEnd({})
    vi.advanceTimersByTime(1001)
    expect(stream(1).lastId).toBe('2')
    begin(stream(1), '2')
    sendIds(stream(1), '3')
    expect([frames, at(), streams.length]).toEqual([['eps/: 2', 'eps/: 3'], '3', 2])

    const { link, stream: next, at: of } = linked('7')
    link.want(['raw'])
    expect(next(0).lastId).toBe('7')
    next(0).onOpen()
    expect(of()).toBe('7')
  })

  it('requests the snapshot that is missing where totals are unknown, and again until it has come', () => {
    const { link, streams, stream, frames, knows } = linked()
    link.want(['raw'])
    begin(stream(0), '1')
    link.want(['eps/1', 'raw'])
    begin(stream(1), '1')
    expect(stream(2)).toMatchObject({ namespaces: ['eps/1'], lastId: '' })
    stream(2).onEnd({ status: 503 })
    vi.advanceTimersByTime(1000)
    begin(stream(3), '5')
    stream(3).onFrame('snapshot', '{"1":5}', '5')
    knows.totals = true
    stream(3).onFrame('eps', '{"1":6}', '6')
    expect(isClosed(stream(3))).toBe(true)
    expect(frames).toEqual(['snapshot: {"1":5}'])
    stream(1).onFrame('raw', '1', '2')
    stream(1).onEnd({})
    vi.advanceTimersByTime(1001)
    begin(stream(4), '2')
    expect(streams.length).toBe(5)
  })

  it('gives that request up with the stream', () => {
    const { link, streams, stream } = linked('1')
    link.want(['eps'])
    begin(stream(0), '1')
    link.close()
    expect(isClosed(stream(1))).toBe(true)
    stream(1).onEnd({})
    vi.advanceTimersByTime(60_000)
    expect(streams.length).toBe(2)
  })

  it('requests none where the stream itself brings it, at its beginning or after a reset', () => {
    const { link, streams, stream, frames } = linked()
    link.want(['eps'])
    begin(stream(0), '1')
    stream(0).onFrame('snapshot', '{}', '1')
    stream(0).onEnd({})
    vi.advanceTimersByTime(1001)
    begin(stream(1), 'other-1')
    stream(1).onFrame('reset', '{"reason":"unknown"}', 'other-1')
    stream(1).onFrame('snapshot', '{}', 'other-1')
    expect(streams.length).toBe(2)
    expect(frames).toEqual(['snapshot: {}', 'reset: {"reason":"unknown"}', 'snapshot: {}'])
  })
})

describe('Link to a server without ids', () => {
  it('keeps the open stream until the next one is open, at another point', () => {
    const { link, stream, frames, at } = linked()
    link.want(['eps'])
    stream(0).onOpen()
    const first = at()
    link.want(['eps', 'raw'])
    expect(stream(1).lastId).toBe('')
    send(stream(0), '1')
    expect(frames).toEqual(['eps: 1'])
    stream(1).onOpen()
    expect(isClosed(stream(0))).toBe(true)
    expect(at()).toEqual(expect.any(Number))
    expect(at()).not.toBe(first)
    send(stream(1), '2')
    expect(frames).toEqual(['eps: 1', 'eps: 2'])
  })

  it('is at another point as soon as it is clear that the server has no ids', () => {
    const { stream, frames, states, at } = opened()
    stream(0).onEnd({})
    vi.advanceTimersByTime(1001)
    stream(1).onOpen()
    expect(at()).toBe('1')
    const told = states.length
    send(stream(1), '1', '2')
    expect(at()).toEqual(expect.any(Number))
    expect(names(states).slice(told)).toEqual(['open'])
    expect(frames).toEqual(['eps: 1', 'eps: 2'])
  })
})
