import { Logger } from '@nestjs/common'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { watchStart } from './watch-start.js'

const warn = vi.spyOn(Logger.prototype, 'warn')
beforeEach(() => {
  vi.useFakeTimers()
  warn.mockReset()
})
afterEach(() => void vi.useRealTimers())

it('names the plug-ins every 10 s for as long as the start lasts, and not where it is short', () => {
  const onStarted = watchStart(['./slow.js'])
  vi.advanceTimersByTime(9_999)
  expect(warn).not.toHaveBeenCalled()
  vi.advanceTimersByTime(10_001)
  expect(warn.mock.calls).toMatchObject([
    [{ msg: expect.stringMatching(/^still starting/), plugIns: ['./slow.js'], tookMs: 10_000 }],
    [{ plugIns: ['./slow.js'], tookMs: 20_000 }],
  ])
  onStarted()
  vi.advanceTimersByTime(60_000)
  expect(warn).toHaveBeenCalledTimes(2)
})

it('says nothing where there are no plug-ins', () => {
  const onStarted = watchStart([])
  vi.advanceTimersByTime(60_000)
  expect(warn).not.toHaveBeenCalled()
  onStarted()
})
