import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MessagePosition } from '../../../../common/positions/positions.js'
import { DetailHistory } from './detail-history.js'
import { type DetailPosition, isBefore, MessageClock } from './message-clock.js'

const START = { at: 0, ordinal: 0 }
/** The cost of an entry beside its data and its id of one character. */
const ENTRY = 162
const at = (position: number, ordinal = 1): DetailPosition => ({ at: position, ordinal })

const texts = (history: DetailHistory, position: MessagePosition, ids: readonly string[] | null = null) =>
  history
    .after(position, ids === null ? null : new Set(ids))
    .numbers.map((number) => history.entry(number))
    .map(({ id, data }) => `${id}:${Buffer.from(data)}`)

describe('MessageClock', () => {
  it('counts the details at each position of the log, in the order in which they come', () => {
    const log = { position: 7 }
    const clock = new MessageClock(log)
    expect(clock.now).toEqual({ at: 7, ordinal: 0 })
    const got = [0, 0, 1, 1, 3].map((after) => clock.next(after))
    expect(got).toEqual([at(7, 1), at(7, 2), at(8, 1), at(8, 2), at(10, 1)])
    expect(clock.now).toEqual(at(10, 1))
    log.position = 10
    expect([clock.now, clock.next(0)]).toEqual([at(10, 1), at(10, 2)])
    log.position = 12
    expect([clock.now, clock.next(0), clock.now]).toEqual([at(12, 0), at(12, 1), at(12, 1)])
  })

  it('never goes back, also where updates that came before a detail are late in the log', () => {
    const log = { position: 7 }
    const clock = new MessageClock(log)
    clock.next(3)
    log.position = 8
    expect([clock.now, clock.next(0), clock.next(3)]).toEqual([at(10, 1), at(10, 2), at(11, 1)])
  })
})

describe('DetailHistory', () => {
  it('keeps the details of all ids, and chooses some of them', () => {
    const history = new DetailHistory(10_000, START)
    ;['a', 'b', 'a', 'c'].forEach((id, n) => void history.add(id, Buffer.from(String(n)), at(n + 1)))
    expect(texts(history, START)).toEqual(['a:0', 'b:1', 'a:2', 'c:3'])
    expect(texts(history, START, ['a'])).toEqual(['a:0', 'a:2'])
    expect(texts(history, START, ['c', 'a', 'x'])).toEqual(['a:0', 'a:2', 'c:3'])
    expect(texts(history, at(1), ['a'])).toEqual(['a:2'])
    expect(texts(history, { at: 3, ordinal: null })).toEqual(['c:3'])
    expect(texts(history, at(3, 0))).toEqual(['a:2', 'c:3'])
  })

  it('has its gaps in every choice', () => {
    const history = new DetailHistory(10_000, START)
    history.add('a', Buffer.from('1'), at(1))
    history.add(null, Buffer.from('gap'), at(5, 0))
    history.add('b', Buffer.from('2'), at(5))
    expect(texts(history, START, ['a'])).toEqual(['a:1', 'null:gap'])
    expect(texts(history, at(4), ['x'])).toEqual(['null:gap'])
    expect(texts(history, at(5, 0))).toEqual(['b:2'])
  })

  it('holds a copy of the data', () => {
    const history = new DetailHistory(100_000, START)
    for (const [n, size] of [1, 10_000].entries()) {
      const data = Buffer.alloc(size, 'x')
      history.add('a', data, at(n + 1))
      data.fill('y')
    }
    expect(texts(history, START)).toEqual(['a:x', `a:${'x'.repeat(10_000)}`])
    const memory = history.after(START, null).numbers.map((number) => history.entry(number).data.buffer.byteLength)
    expect(memory).toEqual([65_536, 10_000])
  })

  it('evicts the oldest details beyond its bound, and says from where on it holds all', () => {
    const history = new DetailHistory(3 * (ENTRY + 10), START)
    for (let n = 1; n <= 4; n++) history.add('a', Buffer.from(`${n}`.repeat(10)), at(n))
    expect([history.size, history.heldBytes]).toEqual([3, 3 * (ENTRY + 10)])
    expect([START, at(0, 5), at(1, 0), at(1), at(2)].map((position) => history.after(position, null).isWhole)).toEqual([
      false,
      false,
      false,
      true,
      true,
    ])
    history.add('a', Buffer.from('5'.repeat(11)), at(5))
    expect(texts(history, START)).toEqual([4, 5].map((n) => `a:${`${n}`.repeat(n === 5 ? 11 : 10)}`))
  })

  it('holds so many entries at most', () => {
    const history = new DetailHistory(1e6, START, 2)
    for (const n of [1, 2, 3]) history.add('a', Buffer.from(`${n}`), at(n))
    expect([texts(history, START), history.after(START, null).isWhole]).toEqual([['a:2', 'a:3'], false])
  })

  it.each([0, 100])('of %d bytes holds nothing, and says so', (maxBytes) => {
    const history = new DetailHistory(maxBytes, at(3, 0))
    expect(history.after(at(3, 0), null).isWhole).toBe(true)
    history.add('a', Buffer.from('x'), at(3))
    expect([history.size, history.heldBytes]).toEqual([0, 0])
    expect([at(3, 0), at(3), at(4)].map((position) => history.after(position, null).isWhole)).toEqual([false, true, true])
  })

  const step = fc.record({
    id: fc.option(fc.constantFrom('a', 'b', 'c'), { freq: 10 }),
    size: fc.oneof({ weight: 10, arbitrary: fc.nat(200) }, { weight: 1, arbitrary: fc.constantFrom(9000, 70_000) }),
    updates: fc.nat(2),
    after: fc.nat(1),
  })

  it('is like a list that never forgets, of which it holds an end within its bounds', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 80, size: 'max' }),
        fc.integer({ min: 0, max: 12_000 }),
        fc.integer({ min: 1, max: 30 }),
        (steps, maxBytes, maxEntries) => {
          const log = { position: 0 }
          const clock = new MessageClock(log)
          const history = new DetailHistory(maxBytes, clock.now, maxEntries)
          const all: { readonly id: string | null; readonly text: string; readonly position: DetailPosition }[] = []
          steps.forEach(({ id, size, updates, after }, n) => {
            const data = Buffer.alloc(size, String(n))
            const position = clock.next(after)
            history.add(id, data, position)
            all.push({ id, text: `${id}:${data}`, position })
            log.position += updates
            expect(history.heldBytes).toBeLessThanOrEqual(maxBytes)
            expect(history.size).toBeLessThanOrEqual(maxEntries)
          })
          const held = all.slice(all.length - history.size)
          const lost = all.at(-history.size - 1)
          for (const ids of [null, ['a'], ['b', 'a']]) {
            for (const position of [START, ...all.map((each) => each.position), { at: log.position, ordinal: null }]) {
              const wanted = held.filter(({ id }) => ids === null || id === null || ids.includes(id))
              expect(texts(history, position, ids)).toEqual(
                wanted.filter((each) => isBefore(position, each.position)).map(({ text }) => text),
              )
              const { isWhole } = history.after(position, null)
              if (history.size < all.length && lost !== undefined) expect(isWhole).toBe(!isBefore(position, lost.position))
              else expect(isWhole).toBe(true)
            }
          }
        },
      ),
      { numRuns: 200 },
    )
  })
})
