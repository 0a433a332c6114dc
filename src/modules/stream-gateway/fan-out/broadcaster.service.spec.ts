import { Logger } from '@nestjs/common'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { aHub } from '../../../../test/support/fakes/a-hub.js'
import { configOf } from '../../../../test/support/fakes/config-of.js'

const turn = () => vi.advanceTimersToNextTimer()

describe('BroadcasterService', () => {
  const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined)

  beforeEach(() => {
    vi.useFakeTimers()
    warn.mockClear()
  })
  afterEach(() => void vi.useRealTimers())

  const broadcasting = (env: Record<string, string> = {}) => aHub({ config: configOf(env) })

  it('sends each update to the raw streams, all updates of one batch in one write', () => {
    const { append, open } = broadcasting()
    const [plain, named] = [open(['raw']), open(['raw', 'eps'])]
    append('1F602', '2665')
    append('1F602')
    expect(plain.outlet.received.map(String)).toEqual(['data:1F602\n\ndata:2665\n\n', 'data:1F602\n\n'])
    expect(named.outlet.text).toBe('event:raw\ndata:1F602\n\nevent:raw\ndata:2665\n\nevent:raw\ndata:1F602\n\n')
    expect([plain, named].map(({ subscriber }) => subscriber.msgsSent)).toEqual([3, 3])
  })

  it('sends a detail to the streams of its id and to the parent, under the name of its channel', () => {
    const { detail, open } = broadcasting()
    const streams = [['details/2665'], ['details'], ['details/26'], ['details', 'details/2665'], ['eps', 'raw']].map((each) => open(each))
    detail('2665', '{"a":1}')
    turn()
    const frame = 'event:stream.tweet_updates.2665\ndata:{"a":1}\n\n'
    expect(streams.map(({ outlet }) => outlet.text)).toEqual([frame, frame, '', frame, ''])
  })

  it('writes the details of a turn of the event loop at its end, in order and in one write', () => {
    const { detail, open } = broadcasting()
    const { outlet, subscriber } = open(['details'])
    for (const id of ['a', 'b', 'a']) detail(id, id)
    expect(outlet.received).toEqual([])
    turn()
    const frames = ['a', 'b', 'a'].map((id) => `event:stream.tweet_updates.${id}\ndata:${id}\n\n`)
    expect(outlet.received.map(String)).toEqual([frames.join('')])
    expect(subscriber.msgsSent).toBe(3)
  })

  it('writes the details of a turn at once, each as a chunk', () => {
    const { detail, open } = broadcasting()
    const { outlet } = open(['details'], { isChunked: true })
    for (const id of ['a', 'b']) detail(id, id)
    turn()
    const frames = ['a', 'b'].map((id) => `event:stream.tweet_updates.${id}\ndata:${id}\n\n`)
    expect(outlet.received.map(String)).toEqual([frames.map((frame) => `${frame.length.toString(16)}\r\n${frame}\r\n`).join('')])
  })

  it('sends nothing to raw where that stream is not enabled', () => {
    const { open, append } = broadcasting({ ENABLE_RAW_STREAM: 'false' })
    const { outlet } = open(['raw'])
    append('2665')
    vi.runAllTimers()
    expect(outlet.received).toEqual([])
  })

  it('brings the eps streams to the flush', () => {
    const { flush, open } = broadcasting()
    const { outlet } = open(['eps'])
    flush('2665')
    expect(outlet.text).toBe('data:{"2665":1}\n\n')
  })

  it('counts what it offers once each, however many streams get it', () => {
    const { bus, append, detail, hub, open } = broadcasting()
    for (const namespaces of [['details/2665'], ['details'], ['eps']]) open(namespaces)
    append('a', 'b')
    detail('2665', 'x')
    detail('nobody', 'x')
    bus.emit('scores.summarized', { from: 0, to: 0, atMs: 0, lateMs: 0 })
    expect(hub.msgsBroadcast).toBe(5)
  })

  it('has nothing to do at the end of the turn where nobody listens', () => {
    const { detail, open } = broadcasting()
    open(['details/26'])
    detail('2665', 'x')
    expect(vi.getTimerCount()).toBe(0)
  })

  describe('a payload larger than QUEUE_MAX_BYTES', () => {
    const large = 'x'.repeat(1025)

    it('is refused, counted, and named in the log without its contents', () => {
      const { detail, discards, open } = broadcasting({ QUEUE_MAX_BYTES: '1024' })
      const { outlet, subscriber } = open(['details'])
      detail('2665', large)
      vi.runAllTimers()
      expect([outlet.text, subscriber.isClosed]).toEqual(['', false])
      expect(discards.nonZero).toEqual([['too-large', 1]])
      expect(warn.mock.calls).toMatchObject([[{ channel: 'stream.tweet_updates.2665', bytes: 1025 }]])
      expect(JSON.stringify(warn.mock.calls)).not.toContain('xx')
    })

    it('is no concern where nobody would get it', () => {
      const { detail, discards } = broadcasting({ QUEUE_MAX_BYTES: '1024' })
      detail('2665', large)
      expect([discards.total, warn.mock.calls]).toEqual([0, []])
    })
  })
})
