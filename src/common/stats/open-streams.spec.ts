import { describe, expect, it } from 'vitest'
import { OpenStreams } from './open-streams.js'

const NONE = { raw: 0, eps: 0, detail: 0, kiosk_interaction: 0 }

describe('OpenStreams', () => {
  it.each([
    [['raw'], { raw: 1 }],
    [['eps'], { eps: 1 }],
    [['kiosk_interaction'], { kiosk_interaction: 1 }],
    [['details'], { detail: 1 }],
    [['details/2665'], { detail: 1 }],
    [['details/raw'], { detail: 1 }],
    [['eps', 'details/2665', 'details/1F602', 'details'], { eps: 1, detail: 1 }],
    [['raw', 'eps', 'details/1'], { raw: 1, eps: 1, detail: 1 }],
    [['leaderboard'], {}],
  ])('counts %j once in each kind that it holds, until it is closed', (namespaces, counts) => {
    const streams = new OpenStreams()
    streams.opened(namespaces)
    expect(streams.counts).toEqual({ ...NONE, ...counts })
    streams.closed(namespaces)
    expect(streams.counts).toEqual(NONE)
  })
})
