import { beforeEach, describe, expect, it, vi } from 'vitest'
import { FLUSH_MIN_GAP_MS } from '../../common/core/flush-schedule.js'
import { DETAIL_PERIOD_MS, LONGEST_PERIOD_MS, ReadPacer } from './read-pacer.js'

/** Sums of times in floating point. */
const ROUNDING_MS = 1e-9

describe('ReadPacer', () => {
  const connection = { readStop: vi.fn() }
  const startIn = vi.fn()
  let pacer: ReadPacer

  beforeEach(() => {
    vi.clearAllMocks()
    pacer = new ReadPacer(startIn)
  })

  const isPaused = (nowMs = 1000) => {
    connection.readStop.mockClear()
    pacer.turnEnded(connection, nowMs)
    return connection.readStop.mock.calls.length > 0
  }

  it('pauses after a turn in which something was read while nobody listens, or to sums and values alone', () => {
    expect(isPaused()).toBe(true)
    pacer.opened([])
    expect(isPaused()).toBe(true)
  })

  it.each([['raw'], ['kiosk_interaction'], ['orders'], ['details/2665', 'kiosk_interaction']])(
    'does not pause while somebody listens to %s %s',
    (...namespaces) => {
      pacer.opened(namespaces.filter((namespace) => namespace !== undefined))
      expect(isPaused()).toBe(false)
      expect(startIn).not.toHaveBeenCalled()
    },
  )

  it('pauses again when the last of those has gone', () => {
    pacer.opened(['raw'])
    pacer.opened(['raw'])
    pacer.opened([])
    pacer.closed(['raw'])
    expect(isPaused()).toBe(false)
    pacer.closed([])
    expect(isPaused()).toBe(false)
    pacer.closed(['raw'])
    expect(isPaused()).toBe(true)
  })

  it('reads again when the next flush is due, so that what is read then goes out at once', () => {
    pacer.flushed(1000)
    pacer.turnEnded(connection, 1005)
    expect(startIn.mock.calls).toEqual([[expect.closeTo(FLUSH_MIN_GAP_MS - 5)]])
  })

  it('reads again at once where a flush is due already', () => {
    pacer.flushed(1000)
    pacer.turnEnded(connection, 1000 + FLUSH_MIN_GAP_MS)
    pacer.turnEnded(connection, 5000)
    expect(startIn.mock.calls).toEqual([[0], [0]])
  })

  it('says how long reading has to wait still, for a timer that fires early', () => {
    expect(pacer.wait(1000)).toBe(0)
    pacer.flushed(1000)
    pacer.turnEnded(connection, 1005)
    expect(pacer.wait(1010)).toBeCloseTo(FLUSH_MIN_GAP_MS - 10)
    expect(pacer.wait(1000 + FLUSH_MIN_GAP_MS - 0.5)).toBeCloseTo(0.5)
    expect(pacer.wait(1000 + FLUSH_MIN_GAP_MS)).toBe(0)
    expect(pacer.wait(5000)).toBe(0)
  })

  it('never pauses for longer than a period of the flush', () => {
    for (let sinceFlushMs = 0; sinceFlushMs < 100; sinceFlushMs++) {
      pacer.flushed(1000)
      pacer.turnEnded(connection, 1000 + sinceFlushMs)
    }
    for (const [ms] of startIn.mock.calls) {
      expect(ms).toBeGreaterThanOrEqual(0)
      expect(ms).toBeLessThanOrEqual(FLUSH_MIN_GAP_MS + ROUNDING_MS)
    }
  })

  describe.each([[['details']], [['details/2665']], [['details/26', 'details/2665']]])('while somebody listens to %j', (namespaces) => {
    beforeEach(() => pacer.opened(namespaces))

    it('reads again 5 ms after it has read something', () => {
      pacer.flushed(1000)
      pacer.turnEnded(connection, 1001)
      expect(startIn.mock.calls).toEqual([[DETAIL_PERIOD_MS]])
      expect(pacer.wait(1002)).toBe(DETAIL_PERIOD_MS - 1)
    })

    it('keeps to those 5 ms while nothing is flushed', () => {
      pacer.flushed(1000)
      pacer.turnEnded(connection, 5000)
      expect(startIn.mock.calls).toEqual([[DETAIL_PERIOD_MS]])
    })

    it('reads again when a flush is due before that', () => {
      pacer.flushed(1000)
      pacer.turnEnded(connection, 1000 + FLUSH_MIN_GAP_MS - 2)
      expect(startIn.mock.calls).toEqual([[expect.closeTo(2)]])
    })

    it('does not pause when somebody wants each message at once', () => {
      pacer.opened(['raw'])
      expect(isPaused()).toBe(false)
      pacer.closed(['raw'])
      expect(isPaused()).toBe(true)
    })

    it('keeps to the flush again when the last of those has gone', () => {
      pacer.closed(namespaces)
      pacer.flushed(1000)
      pacer.turnEnded(connection, 1001)
      expect(startIn.mock.calls).toEqual([[expect.closeTo(FLUSH_MIN_GAP_MS - 1)]])
    })
  })

  it('lets a pause end at once when somebody comes who wants each message', () => {
    pacer.flushed(1000)
    pacer.turnEnded(connection, 1001)
    pacer.opened(['raw'])
    expect(pacer.wait(1002)).toBe(0)
  })

  it('asks for a start with every pause: a connection is never left paused', () => {
    for (let nowMs = 0; nowMs < 100; nowMs += 7) pacer.turnEnded(connection, nowMs)
    expect(startIn).toHaveBeenCalledTimes(connection.readStop.mock.calls.length)
  })

  describe('with two flushes a second', () => {
    beforeEach(() => {
      pacer = new ReadPacer(startIn, 2)
    })

    it('pauses until the next flush is due, and for 100 ms at most', () => {
      pacer.flushed(1000)
      pacer.turnEnded(connection, 1005)
      pacer.turnEnded(connection, 1105)
      pacer.turnEnded(connection, 1450)
      expect(startIn.mock.calls).toEqual([[LONGEST_PERIOD_MS], [LONGEST_PERIOD_MS], [expect.closeTo(50, 0)]])
    })

    it('reads at once when the node drains, and then in step with 60 flushes a second', () => {
      pacer.flushed(1000)
      pacer.turnEnded(connection, 1005)
      pacer.hurry()
      expect(pacer.wait(1006)).toBe(0)
      pacer.flushed(1010)
      pacer.turnEnded(connection, 1011)
      expect(pacer.wait(1011)).toBeCloseTo(FLUSH_MIN_GAP_MS - 1)
    })
  })

  it('pauses nothing any more once it is stopped', () => {
    pacer.stop()
    expect(isPaused()).toBe(false)
    expect(startIn).not.toHaveBeenCalled()
  })
})
