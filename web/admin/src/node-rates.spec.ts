import { beforeEach, describe, expect, it } from 'vitest'
import { type NodeDocument, nodesOf } from './cluster.js'
import { NodeRates } from './node-rates.js'

const report = (reported_at: number, updates: number, startup_time = 1): readonly NodeDocument[] =>
  nodesOf([{ node: 'a', reported_at, startup_time, updates, frames_sent: 2 * updates }])

describe('NodeRates', () => {
  let rates: NodeRates

  beforeEach(() => {
    rates = new NodeRates()
  })

  it('are those between reports, and missing before the second one', () => {
    rates.take(report(100, 1000))
    expect(rates.of('a')).toEqual({ updates: null, frames: null, bytes: null })
    rates.take(report(105, 3000))
    expect(rates.of('a')).toEqual({ updates: 400, frames: 800, bytes: null })
  })

  it('stay when the same report is read again', () => {
    for (const nodes of [report(100, 0), report(105, 500), report(105, 500)]) rates.take(nodes)
    expect(rates.of('a').updates).toBe(100)
  })

  it('are those of the last seconds, not of all times', () => {
    rates.take(report(100, 0))
    for (let atS = 1000; atS <= 1060; atS += 5) rates.take(report(atS, 1_000_000 + 10 * atS))
    expect(rates.of('a').updates).toBe(10)
  })

  it('begin anew with a node that was started anew, or whose clock was set back', () => {
    rates.take(report(100, 9000))
    rates.take(report(105, 10, 102))
    expect(rates.of('a').updates).toBeNull()
    rates.take(report(110, 60, 102))
    expect(rates.of('a').updates).toBe(10)
    rates.take(report(50, 70, 102))
    expect(rates.of('a').updates).toBeNull()
  })

  it('forget a node that has gone', () => {
    rates.take(report(100, 0))
    rates.take([])
    rates.take(report(105, 500))
    expect(rates.of('a').updates).toBeNull()
  })
})
