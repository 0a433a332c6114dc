import { describe, expect, it } from 'vitest'
import { ageOf, parseNodeReport, stateOf } from './cluster-reports.js'

const NOW = 1_700_000_000

describe('a report in Redis', () => {
  it('is any object of JSON', () => {
    expect(parseNodeReport('{"node":"go-production-web.1","reported_at":1}')).toEqual({ node: 'go-production-web.1', reported_at: 1 })
    expect(parseNodeReport('{}')).toEqual({})
  })

  it.each(['', 'null', '[]', '1', '"text"', '{', 'OK'])('is nothing else, such as %j', (json) => {
    expect(parseNodeReport(json)).toBeNull()
  })

  it.each([
    [NOW - 5, 5],
    [NOW - 5.5, 5.5],
    [(NOW - 5) * 1000, 5],
    [NOW + 9, -9],
  ])('of %d is %d s old', (reported_at, age) => {
    expect(ageOf({ reported_at }, NOW)).toBe(age)
  })

  it.each([undefined, null, 'yesterday'])('of %j has no age, and its node no known state', (reported_at) => {
    expect(ageOf({ reported_at }, NOW)).toBeNull()
    expect(stateOf({ reported_at }, NOW)).toBe('unknown')
  })
})

describe('the state of a node', () => {
  it.each([
    [-3600, 'ok'],
    [0, 'ok'],
    [15, 'ok'],
    [15.1, 'dead'],
    [50, 'dead'],
    [50.1, null],
  ])('that reports every 5 s, as the older ones do, is after %d s %j', (age, state) => {
    expect(stateOf({ reported_at: NOW - age }, NOW)).toBe(state)
  })

  it.each([
    [3, 'ok'],
    [4, 'dead'],
    [11, null],
  ])('that says it reports every second is after %d s %j', (age, state) => {
    expect(stateOf({ reported_at: NOW - age, report_ms: 1000 }, NOW)).toBe(state)
  })

  it.each([0, -1, 'often', null])('that says it reports every %j ms is that of an older one', (report_ms) => {
    expect(stateOf({ reported_at: NOW - 15, report_ms }, NOW)).toBe('ok')
  })
})
