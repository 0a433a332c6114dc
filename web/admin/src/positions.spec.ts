import { describe, expect, it } from 'vitest'
import { agreementOf, modeLabel, type NodePositions, positionsIn } from './positions.js'

const shared = (epoch: string): NodePositions => ({ mode: 'shared', epoch, position: 48_211_907, healed: 0, reason: '' })
const own = (reason: string): NodePositions => ({ mode: 'private', epoch: 'p', position: 7, healed: 0, reason })

describe('the positions of a node', () => {
  it('are read from its report', () => {
    const positions = { mode: 'shared', epoch: 'k3v9q0p2', position: 48_211_907, oldest: 7, healed: 17, since: 1, reason: null }
    expect(positionsIn({ positions })).toEqual({ mode: 'shared', epoch: 'k3v9q0p2', position: 48_211_907, healed: 17, reason: '' })
  })

  it.each([undefined, null, 'shared', []])('are none in %j', (positions) => {
    expect(positionsIn({ positions })).toBeNull()
  })

  it.each([
    [shared('a'), 'shared', 'good'],
    [own('disagrees'), 'private: disagrees', 'warn'],
    [own('unverified'), 'private: unverified', 'idle'],
    [own('no-redis'), 'private: no-redis', 'idle'],
    [own(''), 'private', 'warn'],
  ])('%j have the label %s, in the tone %s', (positions, text, tone) => {
    expect(modeLabel(positions)).toEqual({ text, tone })
  })
})

describe('the agreement of nodes', () => {
  it.each([
    [[shared('a'), shared('a')], 'all agree on positions', 'good'],
    [[shared('a')], 'shared positions', 'good'],
    [[shared('a'), shared('b'), own('drift')], 'positions of 2 epochs: these nodes read different data', 'bad'],
    [[shared('a'), own('drift')], 'private positions on 1 of 2', 'warn'],
    [[shared('a'), own('unverified')], 'private positions on 1 of 2', 'idle'],
    [[own('no-redis')], 'private positions', 'idle'],
    [[own('disagrees'), own('starting')], 'private positions', 'warn'],
  ])('%j is: %s (%s)', (positions, text, tone) => {
    expect(agreementOf(positions)).toEqual({ text, tone })
  })

  it('is none where no streamer reports positions', () => {
    expect(agreementOf([])).toBeNull()
  })
})
