import { describe, expect, it } from 'vitest'
import { progressText, summaryText } from './run-feed.js'

const figures = { due: 500, sent: 490, acknowledged: 485, failed: 5, skipped: 10 }

describe('the output of a feed', () => {
  it('is its progress, with troubles where there are any', () => {
    expect(progressText({ ...figures, failed: 0, skipped: 0 }, 399.96, 60_998)).toBe('00:01:01  400.0/s  490 sent')
    expect(progressText(figures, 1.04, 36_000_000)).toBe('10:00:00  1.0/s  490 sent  5 failed  10 skipped')
  })

  it('is a summary at the end', () => {
    expect(summaryText(figures, 1250)).toBe('500 updates due in 1.250 s: 490 sent, 485 acknowledged, 5 failed, 10 skipped')
  })
})
