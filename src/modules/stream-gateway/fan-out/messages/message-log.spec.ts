import { describe, expect, it, vi } from 'vitest'
import { encodeEventName, variantOf } from '../../../../common/core/sse-frame.js'
import type { CursorSubscriber } from '../cursor.js'
import { DetailJournal } from './detail-journal.js'
import { Message, MessageMemory } from './message.js'
import { MessageLog } from './message-log.js'

const NEWS = encodeEventName('news')
const message = (text: string, isAlwaysNamed = false) => new Message(Buffer.from(text), NEWS, isAlwaysNamed)
const frame = (each: Message, isNamed: boolean) => each.frames.for(variantOf(isNamed, false)).toString()

function aLog() {
  const memory = new MessageMemory()
  const fanOut = { onBehind: vi.fn(), onDrained: vi.fn(), onClosed: vi.fn() }
  const log = new MessageLog(memory, fanOut)
  const subscriber: CursorSubscriber = {
    audience: { variant: 0, composite: null },
    cursors: [],
    isReady: true,
    post: () => undefined,
    conflate: () => undefined,
    close: () => undefined,
  }
  return { memory, fanOut, log, subscriber, read: (from: number, to: number) => log.read(from, to)?.frames.for(0).toString() ?? null }
}

describe('Message', () => {
  it('carries its name on a multiplexed stream, or on every one', () => {
    expect([false, true].map((isNamed) => frame(message('x'), isNamed))).toEqual(['data:x\n\n', 'event:news\ndata:x\n\n'])
    expect([false, true].map((isNamed) => frame(message('x', true), isNamed))).toEqual(Array(2).fill('event:news\ndata:x\n\n'))
  })

  it.each([false, true])('counts the lines that its line breaks begin (always named: %s)', (isAlwaysNamed) => {
    for (const text of ['x', '\n'.repeat(1000), 'a\rb\r\nc\n'.repeat(100)]) {
      const each = message(text, isAlwaysNamed)
      const { length } = frame(each, true)
      expect(each.bytes).toBeGreaterThanOrEqual(length - 'data:\n\n'.length)
      expect(each.bytes).toBeLessThan(length * 1.3)
    }
  })

  it.each([false, true])('keeps nothing of the buffer that it came in (always named: %s)', (isAlwaysNamed) => {
    const data = Buffer.from('x')
    const each = new Message(data, NEWS, isAlwaysNamed)
    data.fill('y')
    expect(frame(each, true)).toBe('event:news\ndata:x\n\n')
  })
})

describe('MessageMemory', () => {
  it('counts a message once, and each reference to it', () => {
    const { memory } = aLog()
    const each = message('x'.repeat(1000))
    memory.add(each)
    const one = memory.bytes
    expect(one).toBeGreaterThan(1000)
    memory.add(each)
    expect(memory.bytes - one).toBeLessThan(100)
    memory.remove(each)
    expect(memory.bytes).toBe(one)
    memory.remove(each)
    expect(memory.bytes).toBe(0)
  })
})

describe('MessageLog', () => {
  it('reads the messages between two positions as one piece', () => {
    const { log, read } = aLog()
    for (const text of ['a', 'b', 'c']) log.append(message(text))
    expect([read(0, 3), read(1, 2), read(2, 3)]).toEqual(['data:a\n\ndata:b\n\ndata:c\n\n', 'data:b\n\n', 'data:c\n\n'])
    expect(log.read(0, 2)).toMatchObject({ end: 2, messages: 2 })
  })

  it('shares the bytes of a message that is a piece on its own', () => {
    const { log } = aLog()
    const each = message('a')
    log.append(each)
    expect(log.read(0, 1)?.frames).toBe(each.frames)
  })

  it('forgets what no cursor needs, and reads nothing there any more', () => {
    const { log, memory, subscriber, read } = aLog()
    const [low, high] = [log.open(subscriber, null), log.open(subscriber, null)]
    for (const text of ['a', 'b', 'c']) log.append(message(text))
    low.position = 1
    high.position = 3
    log.trim()
    expect([log.oldest, log.position, read(0, 3), read(1, 3)]).toEqual([1, 3, null, 'data:b\n\ndata:c\n\n'])
    log.close(low)
    log.trim()
    expect([log.isEmpty, memory.bytes]).toEqual([true, 0])
  })

  it('starts a cursor at its end', () => {
    const { log, subscriber } = aLog()
    log.append(message('a'))
    expect(log.open(subscriber, null).position).toBe(1)
  })

  it('knows the bytes behind a cursor, also once it has forgotten the first ones', () => {
    const { log, subscriber } = aLog()
    const cursor = log.open(subscriber, null)
    const sizes = [3, 10, 1, 7].map((length) => {
      const each = message('x'.repeat(length))
      log.append(each)
      return each.bytes
    })
    const behind = () => [0, 1, 2, 3, 4].map((position) => log.bytesBehind(position))
    const sumFrom = (from: number) => sizes.slice(from).reduce((sum, bytes) => sum + bytes, 0)
    expect(behind()).toEqual([0, 1, 2, 3, 4].map(sumFrom))
    expect(log.bytes).toBe(sumFrom(0))
    cursor.position = 2
    log.trim()
    expect(behind().slice(2)).toEqual([2, 3, 4].map(sumFrom))
    expect(log.bytes).toBe(sumFrom(2))
  })

  it('knows the lowest cursor within a bound', () => {
    const { log, subscriber } = aLog()
    log.open(subscriber, null)
    for (let n = 0; n < 5; n++) log.append(message('xxx'))
    const { bytes } = message('xxx')
    expect([0, bytes - 1, bytes, 3 * bytes, 5 * bytes, 1e9].map((max) => log.floor(max))).toEqual([5, 5, 4, 2, 0, 0])
  })

  it('tells of a cursor that drains or leaves only where that matters', () => {
    const { log, fanOut, subscriber } = aLog()
    const [one, other] = [log.open(subscriber, null), log.open(subscriber, null)]
    log.onDrained(one)
    log.close(other)
    expect([fanOut.onDrained.mock.calls, fanOut.onClosed.mock.calls]).toEqual([[], []])
    log.append(message('a'))
    log.onDrained(one)
    log.close(one)
    expect([fanOut.onDrained.mock.calls, fanOut.onClosed.mock.calls]).toEqual([[[log]], [[log]]])
  })

  it('has a message pending for a ready subscriber until it is delivered', () => {
    const { log, subscriber } = aLog()
    const cursor = log.open(subscriber, null)
    expect(log.isPending(cursor)).toBe(false)
    log.append(message('a'))
    expect(log.isPending(cursor)).toBe(true)
    cursor.position = 1
    expect(log.isPending(cursor)).toBe(false)
  })
})

describe('MessageLog of a stream that resumes', () => {
  const RESUMABLE = variantOf(false, false, true)

  /** A log of the details of `ids`, and of a memory with room for so many bytes of messages. */
  function aJournal({
    ids = null,
    historyBytes = 1e6,
    roomBytes = 1e6,
  }: {
    ids?: readonly string[] | null
    historyBytes?: number
    roomBytes?: number
  } = {}) {
    const scores = { position: 0 }
    const positionIds = { messageIdAt: (at: number, ordinal: number) => `${at}.${ordinal}` }
    const journal = new DetailJournal(scores, historyBytes, positionIds)
    const memory = new MessageMemory(roomBytes)
    const fanOut = { onBehind: vi.fn(), onDrained: vi.fn(), onClosed: vi.fn() }
    const log = new MessageLog(memory, fanOut, journal.archiveOf(ids === null ? null : new Set(ids)))
    const { subscriber } = aLog()
    return {
      journal,
      memory,
      fanOut,
      log,
      subscriber,
      /** One detail behind one more update. `isLive`: where an audience receives it. */
      publish(id: string, isLive = false): void {
        scores.position++
        const position = journal.count(0)
        const data = Buffer.from(`${id}${position.at}`)
        journal.keep(id, data, position)
        if (isLive) log.append(new Message(data, encodeEventName(id), true, journal.placeAt(position)))
      },
      resume: (at: number, ordinal: number | null = null) => log.open(subscriber, { eps: 0, raw: 0, message: { at, ordinal } }),
      /** The ids and the data of the frames from a place on. */
      from(place: number): string[] {
        const text = log.read(place, log.position)?.frames.for(RESUMABLE).toString() ?? ''
        return [...text.matchAll(/^id:(.*)\nevent:.*\ndata:(.*)\n$/gm)].map(([, id, data]) => `${id} ${data}`)
      },
    }
  }

  it('has the details of its ids after a position, each with an id of its own, in front of those that come later', () => {
    const { publish, resume, from, fanOut, log } = aJournal({ ids: ['a'] })
    for (const id of ['a', 'b', 'a', 'b']) publish(id)
    const cursor = resume(0)
    expect([cursor.missed, from(cursor.position), fanOut.onBehind.mock.calls]).toEqual([0, ['1.1 a1', '3.1 a3'], [[log]]])
    publish('a', true)
    expect(from(cursor.position)).toEqual(['1.1 a1', '3.1 a3', '5.1 a5'])
    expect(log.reachedBy(cursor)).toEqual({ at: 1, ordinal: 0 })
  })

  it('has nothing for a client that has all, and then its position is that of all details, of other ids too', () => {
    const { publish, resume, fanOut, log, memory } = aJournal({ ids: ['a'] })
    for (const id of ['a', 'b']) publish(id)
    const cursor = resume(1, 1)
    expect([cursor.position, cursor.missed, memory.bytes, fanOut.onBehind.mock.calls]).toEqual([log.position, 0, 0, []])
    expect(log.reachedBy(cursor)).toEqual({ at: 2, ordinal: 1 })
  })

  it('holds each detail once, however many clients resume, and from wherever', () => {
    const { publish, resume, from, log, memory } = aJournal()
    for (const id of ['a', 'b', 'c']) publish(id)
    const last = resume(2)
    const one = memory.bytes
    const [first, second] = [resume(0), resume(1)]
    expect([first, second, last].map(({ position }) => from(position))).toEqual([
      ['1.1 a1', '2.1 b2', '3.1 c3'],
      ['2.1 b2', '3.1 c3'],
      ['3.1 c3'],
    ])
    expect(memory.bytes).toBe(3 * one)
    first.position = log.position
    log.trim()
    expect(memory.bytes).toBe(2 * one)
    expect(log.bytesBehind(second.position)).toBe(2 * log.bytesBehind(last.position))
    expect(from(resume(0).position)).toEqual(['1.1 a1', '2.1 b2', '3.1 c3'])
  })

  it('does not count what a client resumes with against it', () => {
    const { publish, resume } = aJournal()
    for (const id of ['a', 'b', 'c']) publish(id)
    const cursor = resume(0)
    expect([cursor.bytesBehind > 0, cursor.newBytesBehind]).toEqual([true, 0])
    publish('a', true)
    expect(cursor.newBytesBehind).toBeLessThan(cursor.bytesBehind / 2)
    expect(cursor.newBytesBehind).toBeGreaterThan(0)
  })

  it('leaves out the oldest details that the memory has no room for, and counts them', () => {
    const { publish, resume, from, memory } = aJournal({ roomBytes: 300 })
    for (const id of ['a', 'b', 'c']) publish(id)
    const cursor = resume(0)
    expect([cursor.missed, from(cursor.position)]).toEqual([1, ['2.1 b2', '3.1 c3']])
    expect(memory.bytes).toBeLessThanOrEqual(300)
  })

  it('does not know how many details it misses that the history has evicted', () => {
    const { publish, resume, from } = aJournal({ historyBytes: 400 })
    for (const id of ['a', 'b', 'c']) publish(id)
    expect([0, 1].map((at) => resume(at)).map(({ missed, position }) => [missed, from(position)])).toEqual([
      [null, ['2.1 b2', '3.1 c3']],
      [0, ['2.1 b2', '3.1 c3']],
    ])
  })

  it('has a gap where details were missed, for every choice of ids', () => {
    const { journal, publish, resume, from } = aJournal({ ids: ['a'] })
    for (const id of ['a', 'b']) publish(id)
    journal.markGap()
    publish('a')
    expect(from(resume(0).position)).toEqual(['1.1 a1', '2.1 {"missed":null}', '3.1 a3'])
  })

  it('knows nothing of messages without positions', () => {
    const { log, subscriber, memory } = aLog()
    log.append(message('a'))
    const cursor = log.open(subscriber, { eps: 0, raw: 0, message: { at: 0, ordinal: null } })
    expect([cursor.missed, cursor.position, log.reachedBy(cursor)]).toEqual([null, 1, null])
    log.trim()
    expect(memory.bytes).toBe(0)
  })
})
