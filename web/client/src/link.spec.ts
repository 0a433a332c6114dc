import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { LinkState } from './connection.js'
import { Link } from './link.js'
import type { StreamListener } from './stream.js'

interface FakeStream extends StreamListener {
  readonly namespaces: readonly string[]
  readonly close: ReturnType<typeof vi.fn>
}

/** A link whose streams the test plays. */
function linked() {
  const streams: FakeStream[] = []
  const frames: string[] = []
  const states: LinkState[] = []
  const link = new Link(
    (namespaces, listener) => {
      const stream = { ...listener, namespaces, close: vi.fn() }
      streams.push(stream)
      return stream
    },
    { onFrame: (event, data) => frames.push(`${event}: ${data}`), onState: (state) => states.push(state) },
  )
  const stream = (index: number) => {
    const found = streams[index]
    if (found === undefined) throw new Error(`there is no stream ${index}`)
    return found
  }
  const runs = () => {
    const last = states.at(-1)
    return last?.name === 'open' ? last.runs : {}
  }
  return { link, streams, stream, frames, states, runs }
}

const names = (states: readonly LinkState[]) => states.map(({ name }) => name)
function send(to: FakeStream, ...all: readonly string[]): void {
  for (const data of all) to.onFrame('eps', data)
}
const isClosed = ({ close }: FakeStream) => close.mock.calls.length > 0

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('Link', () => {
  it('connects when something is wanted, and hands frames on', () => {
    const { link, streams, stream, frames, states, runs } = linked()
    expect(streams).toEqual([])
    link.want(['eps'])
    stream(0).onOpen()
    send(stream(0), '1', '2')
    expect(frames).toEqual(['eps: 1', 'eps: 2'])
    expect(names(states)).toEqual(['connecting', 'open'])
    expect(Object.keys(runs())).toEqual(['eps'])
  })

  it('comes back after a while, in another run, and waits longer each time that it fails', () => {
    const { link, streams, stream, states, runs } = linked()
    link.want(['eps'])
    stream(0).onOpen()
    const { eps } = runs()
    const waits: number[] = []
    for (let turn = 0; turn < 8; turn++) {
      stream(turn).onEnd({})
      const last = states.at(-1)
      if (last?.name !== 'waiting') throw new Error('it does not wait')
      waits.push(last.delayMs)
      vi.advanceTimersByTime(last.delayMs - 1)
      expect(streams.length).toBe(turn + 1)
      vi.advanceTimersByTime(2)
      expect(streams.length).toBe(turn + 2)
    }
    for (const [index, ms] of waits.entries()) {
      const full = Math.min(30_000, 1000 * 2 ** index)
      expect(ms).toBeGreaterThanOrEqual(full / 2)
      expect(ms).toBeLessThanOrEqual(full)
    }
    stream(8).onOpen()
    expect(runs()['eps']).not.toBe(eps)
  })

  it('waits for as long as it is told, and says what the answer was', () => {
    const { link, streams, stream, states } = linked()
    link.want(['eps'])
    stream(0).onEnd({ retryMs: 2705, status: 503 })
    expect(states.at(-1)).toEqual({ name: 'waiting', delayMs: 2705, status: 503 })
    vi.advanceTimersByTime(2700)
    expect(streams.length).toBe(1)
    vi.advanceTimersByTime(10)
    expect(streams.length).toBe(2)
  })

  it('forgets its failures after a stream that lasted', () => {
    const { link, stream, states } = linked()
    link.want(['eps'])
    for (let turn = 0; turn < 5; turn++) {
      stream(turn).onEnd({})
      vi.advanceTimersByTime(30_000)
    }
    stream(5).onOpen()
    vi.advanceTimersByTime(6000)
    stream(5).onEnd({})
    expect(states.at(-1)).toMatchObject({ name: 'waiting', delayMs: expect.toSatisfy((ms: number) => ms <= 1000) })
  })

  it('tries at once when the browser is online again, or when it is asked and its timer is late', () => {
    const online = new EventTarget()
    vi.stubGlobal('addEventListener', online.addEventListener.bind(online))
    const { link, streams, stream } = linked()
    vi.unstubAllGlobals()
    link.want(['eps'])
    stream(0).onEnd({ retryMs: 60_000 })
    link.want(['eps', 'raw'])
    expect(streams.length).toBe(1)
    online.dispatchEvent(new Event('online'))
    expect(stream(1).namespaces).toEqual(['eps', 'raw'])

    stream(1).onEnd({ retryMs: 60_000 })
    vi.setTimerTickMode('manual')
    const now = performance.now()
    vi.spyOn(performance, 'now').mockReturnValue(now + 60_001)
    link.want(['eps', 'raw'])
    expect(streams.length).toBe(3)
    vi.restoreAllMocks()
  })

  it('replaces a stream by another one without a gap, and closes the old one when it has nothing more to give', () => {
    const { link, stream, frames, runs } = linked()
    link.want(['eps'])
    stream(0).onOpen()
    const { eps } = runs()
    send(stream(0), '1')
    link.want(['details/1', 'eps'])
    send(stream(0), '2')
    expect(isClosed(stream(0))).toBe(false)
    stream(1).onOpen()
    stream(1).onFrame('stream.tweet_updates.1', 'x')
    send(stream(0), '3', '4', '5')
    send(stream(1), '3', '4')
    expect(isClosed(stream(0))).toBe(false)
    send(stream(1), '5')
    expect(isClosed(stream(0))).toBe(true)
    send(stream(1), '6')
    expect(frames).toEqual(['eps: 1', 'eps: 2', 'stream.tweet_updates.1: x', 'eps: 3', 'eps: 4', 'eps: 5', 'eps: 6'])
    expect(Object.keys(runs())).toEqual(['details/1', 'eps'])
    expect(runs()['eps']).toBe(eps)
  })

  it('replaces it once more as soon as the first replacement is done, and drops what is still to come twice', () => {
    const { link, streams, stream, frames, runs } = linked()
    link.want(['eps'])
    stream(0).onOpen()
    const { eps } = runs()
    link.want(['eps', 'raw'])
    stream(1).onOpen()
    link.want(['eps', 'raw', 'x'])
    expect(streams.length).toBe(2)
    send(stream(0), '1', '2', '3', '4', '5')
    send(stream(1), '1', '2', '3')
    expect(streams.length).toBe(3)
    stream(2).onOpen()
    send(stream(1), '4', '5', '6', '7', '8')
    send(stream(2), '6', '7', '8', '9')
    expect(frames).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9'].map((data) => `eps: ${data}`))
    expect(runs()['eps']).toBe(eps)
  })

  it('begins a new run where it can not tell what the two have in common, after two seconds', () => {
    const { link, stream, runs } = linked()
    link.want(['eps'])
    stream(0).onOpen()
    const { eps } = runs()
    link.want(['eps', 'raw'])
    stream(1).onOpen()
    const { raw } = runs()
    send(stream(0), '12')
    send(stream(1), '1', '2')
    vi.advanceTimersByTime(1990)
    expect(runs()['eps']).toBe(eps)
    vi.advanceTimersByTime(20)
    expect(runs()['eps']).not.toBe(eps)
    expect(runs()['raw']).toBe(raw)
    expect(isClosed(stream(0))).toBe(true)
  })

  it('keeps the stream that it has where another one is refused, and asks again', () => {
    const { link, streams, stream, frames, states } = linked()
    link.want(['eps'])
    stream(0).onOpen()
    link.want(['eps', 'raw'])
    stream(1).onEnd({ retryMs: 1000 })
    send(stream(0), '1')
    expect(frames).toEqual(['eps: 1'])
    expect(states.at(-1)?.name).toBe('open')
    vi.advanceTimersByTime(1001)
    expect(streams.length).toBe(3)
  })

  it.each([
    ['before the new one is open', false],
    ['while the new one takes over', true],
  ])('goes on with the new stream where the old one ends %s', (_, isOpen) => {
    const { link, streams, stream, frames } = linked()
    link.want(['eps'])
    stream(0).onOpen()
    link.want(['eps', 'raw'])
    if (isOpen) stream(1).onOpen()
    send(stream(0), '1')
    if (isOpen) send(stream(1), '1')
    stream(0).onEnd({})
    if (!isOpen) stream(1).onOpen()
    send(stream(1), '2')
    expect(frames).toEqual(['eps: 1', 'eps: 2'])
    vi.advanceTimersByTime(60_000)
    expect(streams.length).toBe(2)
  })

  it('begins anew where the new stream ends while it takes over', () => {
    const { link, streams, stream, states } = linked()
    link.want(['eps'])
    stream(0).onOpen()
    link.want(['eps', 'raw'])
    stream(1).onOpen()
    stream(1).onEnd({})
    expect(isClosed(stream(0))).toBe(true)
    expect(states.at(-1)?.name).toBe('waiting')
    vi.advanceTimersByTime(1001)
    expect(streams.length).toBe(3)
  })

  it('opens one stream where what is wanted changes before it is open', () => {
    const { link, streams, stream } = linked()
    link.want(['eps'])
    link.want(['eps', 'raw'])
    link.want(['eps', 'raw'])
    expect(streams.map(isClosed)).toEqual([true, false])
    expect(stream(1).namespaces).toEqual(['eps', 'raw'])
  })

  it('has no stream where nothing is wanted, nor after it is closed', () => {
    const { link, streams, stream, states } = linked()
    link.want(['eps'])
    stream(0).onOpen()
    link.want([])
    expect(isClosed(stream(0))).toBe(true)
    expect(states.at(-1)).toEqual({ name: 'connecting' })
    link.want(['eps'])
    stream(1).onEnd({})
    link.close()
    vi.advanceTimersByTime(60_000)
    expect(streams.length).toBe(2)
    expect(vi.getTimerCount()).toBe(0)
  })
})
