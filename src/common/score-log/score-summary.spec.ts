import { describe, expect, it } from 'vitest'
import { encodeEventName } from '../core/sse-frame.js'
import { ScoreLog } from './score-log.js'
import { ScoreSummary } from './score-summary.js'

const EPS_NAME = encodeEventName('eps')

function logOf(ids: readonly string[], capacity = 16): ScoreLog {
  const log = new ScoreLog({ capacity, maxIds: 16 })
  for (const id of ids) log.append(Buffer.from(id))
  return log
}

const json = (summary: ScoreSummary) => summary.toData().toString()
const counts = (summary: ScoreSummary) => Object.fromEntries(Object.entries(JSON.parse(json(summary))))

describe('ScoreSummary', () => {
  it('writes the sum of one id byte for byte as the wire has it', () => {
    const summary = new ScoreSummary(logOf(['1F602', '1F602']), EPS_NAME)
    expect(summary.reset(2).extendTo(0)).toBe(true)
    expect(json(summary)).toBe('{"1F602":2}')
  })

  it('sums each id of the range and none outside it', () => {
    const summary = new ScoreSummary(logOf(['a', 'b', 'a', 'c', 'a', 'b']), EPS_NAME)
    summary.reset(5).extendTo(1)
    expect(counts(summary)).toEqual({ a: 2, b: 1, c: 1 })
  })

  it('separates ids by a comma and nothing else', () => {
    const summary = new ScoreSummary(logOf(['a', 'b']), EPS_NAME)
    summary.reset(2).extendTo(0)
    expect(['{"a":1,"b":1}', '{"b":1,"a":1}']).toContain(json(summary))
  })

  it('grows backwards, and counts nothing twice', () => {
    const summary = new ScoreSummary(logOf(['a', 'b', 'a', 'b', 'b']), EPS_NAME)
    summary.reset(5)
    summary.extendTo(3)
    expect(counts(summary)).toEqual({ b: 2 })
    summary.extendTo(2)
    expect(counts(summary)).toEqual({ a: 1, b: 2 })
    summary.extendTo(4)
    summary.extendTo(2)
    expect(counts(summary)).toEqual({ a: 1, b: 2 })
    summary.extendTo(0)
    expect(counts(summary)).toEqual({ a: 2, b: 3 })
  })

  it('is an empty object without updates', () => {
    const summary = new ScoreSummary(logOf(['a']), EPS_NAME)
    expect(summary.reset(1).extendTo(1)).toBe(true)
    expect(json(summary)).toBe('{}')
  })

  it('is not empty with one', () => {
    const summary = new ScoreSummary(logOf(['a']), EPS_NAME)
    summary.reset(1).extendTo(0)
    expect(json(summary)).not.toBe('{}')
  })

  it('forgets all of the last range when it is reset', () => {
    const summary = new ScoreSummary(logOf(['a', 'a', 'b']), EPS_NAME)
    summary.reset(2).extendTo(0)
    summary.reset(3).extendTo(2)
    expect(counts(summary)).toEqual({ b: 1 })
    summary.reset(3).extendTo(0)
    expect(counts(summary)).toEqual({ a: 2, b: 1 })
  })

  it('sums nothing where a part of the range was overwritten', () => {
    const summary = new ScoreSummary(logOf(['a', 'b', 'c', 'd', 'e'], 4), EPS_NAME)
    expect(summary.reset(5).extendTo(0)).toBe(false)
    expect(json(summary)).toBe('{}')
    expect(summary.extendTo(1)).toBe(true)
    expect(counts(summary)).toEqual({ b: 1, c: 1, d: 1, e: 1 })
  })

  it('keeps what it has when it cannot grow further', () => {
    const summary = new ScoreSummary(logOf(['a', 'b', 'c', 'd', 'e'], 4), EPS_NAME)
    summary.reset(5).extendTo(3)
    expect(summary.extendTo(0)).toBe(false)
    expect(counts(summary)).toEqual({ d: 1, e: 1 })
  })

  it('counts beyond one digit', () => {
    const summary = new ScoreSummary(logOf(Array<string>(12_345).fill('😂'), 20_000), EPS_NAME)
    summary.reset(12_345).extendTo(0)
    expect(json(summary)).toBe('{"😂":12345}')
  })

  it('reads a piece as one frame for each variant, with its name where the stream is multiplexed', () => {
    const summary = new ScoreSummary(logOf(['a', 'b', 'b']), EPS_NAME)
    const piece = summary.read(1, 3)
    expect(piece).toMatchObject({ end: 3, messages: 1 })
    expect([0, 1, 2].map((variant) => piece?.frames.for(variant).toString())).toEqual([
      'data:{"b":2}\n\n',
      'e\r\ndata:{"b":2}\n\n\r\n',
      'event:eps\ndata:{"b":2}\n\n',
    ])
    expect(summary.bytesBehind()).toBe(0)
  })

  it('reads no piece where a part of it was overwritten', () => {
    const summary = new ScoreSummary(logOf(['a', 'b', 'c', 'd', 'e'], 4), EPS_NAME)
    expect(summary.read(0, 5)).toBeNull()
    expect(summary.read(4, 5)?.frames.for(0).toString()).toBe('data:{"e":1}\n\n')
  })

  it('keeps ids that name members of every object', () => {
    const ids = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
    const summary = new ScoreSummary(logOf(ids), EPS_NAME)
    summary.reset(4).extendTo(0)
    expect(Object.keys(JSON.parse(json(summary))).sort()).toEqual([...ids].sort())
  })
})
