import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type FeedState, LiveFeed } from './live-feed.js'

/** The event source of a browser, whose events the test fires. */
class FakeSource {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static readonly CLOSED = 2
  static readonly all: FakeSource[] = []
  readyState = FakeSource.CONNECTING
  onopen: () => void = () => undefined
  onerror: () => void = () => undefined
  onmessage: (event: { data: string }) => void = () => undefined

  constructor() {
    FakeSource.all.push(this)
  }

  open(): void {
    this.readyState = FakeSource.OPEN
    this.onopen()
  }

  fail(readyState: number): void {
    this.readyState = readyState
    this.onerror()
  }

  close(): void {
    this.readyState = FakeSource.CLOSED
  }
}

describe('LiveFeed', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    vi.stubGlobal('EventSource', FakeSource)
    FakeSource.all.length = 0
  })
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.useRealTimers()
  })

  function started() {
    const states: FeedState[] = []
    new LiveFeed('./live', { onReading: () => undefined, onState: (state) => states.push(state) }).start()
    const source = (index: number) => FakeSource.all[index] ?? expect.fail(`there is no source ${index}`)
    source(0).open()
    source(0).onmessage({ data: '{"reported_at_ms":1}' })
    return { states, source }
  }

  it('is late after a while without figures, and then opens its source again', () => {
    const { states, source } = started()
    vi.advanceTimersByTime(4000)
    expect(states).toEqual(['live', 'late'])
    vi.advanceTimersByTime(7000)
    expect(FakeSource.all).toHaveLength(2)
    expect(source(0).readyState).toBe(FakeSource.CLOSED)
  })

  it('keeps a source that has reconnected by itself after a long time', () => {
    const { states, source } = started()
    source(0).fail(FakeSource.CONNECTING)
    vi.advanceTimersByTime(60_000)
    source(0).open()
    vi.advanceTimersByTime(2000)
    expect(FakeSource.all).toHaveLength(1)
    expect(states).toEqual(['live', 'lost'])
  })

  it('opens its source again after a refusal, after which a source does not retry', () => {
    const { source } = started()
    source(0).fail(FakeSource.CLOSED)
    vi.advanceTimersByTime(6000)
    expect(FakeSource.all).toHaveLength(2)
  })
})
