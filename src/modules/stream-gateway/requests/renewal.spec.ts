import { describe, expect, it } from 'vitest'
import { renewalOf } from './renewal.js'

const NEVER = Number.POSITIVE_INFINITY
const CONFIG = { score: { retryMs: 100, closeMs: 10_000 }, detail: { retryMs: 500, closeMs: 20_000 }, maxAgeMs: NEVER }
const SCORE = { retryMs: 100, lifeMs: 10_000 }
const DETAIL = { retryMs: 500, lifeMs: 20_000 }
const NOTHING = { retryMs: null, lifeMs: NEVER }

describe('renewalOf', () => {
  it.each([
    [['eps'], false, SCORE],
    [['raw'], false, SCORE],
    [['eps', 'details/2665'], true, SCORE],
    [['details/2665'], true, SCORE],
    [['kiosk_interaction'], true, SCORE],
    [['details/2665'], false, DETAIL],
    [['details'], false, DETAIL],
    [['kiosk_interaction'], false, NOTHING],
    [['trending'], false, NOTHING],
    [['details-of-mine'], false, NOTHING],
  ])('gives %j (multiplexed: %s) its pair where a refresh is forced, and nothing else', (namespaces, isNamed, renewal) => {
    expect(renewalOf({ namespaces, isNamed }, true, CONFIG, 0)).toEqual(renewal)
    expect(renewalOf({ namespaces, isNamed }, false, CONFIG, 0)).toEqual(NOTHING)
  })

  it.each([
    [5000, 'eps', 5000],
    [15_000, 'eps', 10_000],
    [15_000, 'details', 15_000],
    [15_000, 'kiosk_interaction', 15_000],
  ])('takes the lesser of an age of %i and what is forced on %s: %i', (maxAgeMs, namespace, lifeMs) => {
    expect(renewalOf({ namespaces: [namespace], isNamed: false }, true, { ...CONFIG, maxAgeMs }, 0).lifeMs).toBe(lifeMs)
  })

  it('bounds the age of every stream where nothing is forced', () => {
    expect(renewalOf({ namespaces: ['eps'], isNamed: false }, false, { ...CONFIG, maxAgeMs: 5000 }, 0)).toEqual({
      retryMs: null,
      lifeMs: 5000,
    })
  })

  it.each([
    [0, 10_000],
    [0.5, 9000],
    [1, 8000],
  ])('closes up to a fifth earlier by chance (%d)', (random, lifeMs) => {
    expect(renewalOf({ namespaces: ['eps'], isNamed: false }, true, CONFIG, random).lifeMs).toBe(lifeMs)
  })
})
