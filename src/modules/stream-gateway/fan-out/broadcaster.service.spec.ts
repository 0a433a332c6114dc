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

describe('BroadcasterService, for streams that resume', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  const resumable = { options: { isResumable: true } }
  const idsOf = (text: string) => [...text.matchAll(/^id:(.*)$/gm)].map(([, id]) => id)

  it('counts the details of each position of the log, also those that are refused', () => {
    const { bus, open, detail, append, discards } = aHub()
    const { outlet } = open(['details'], resumable)
    for (const data of ['1', 'x'.repeat(101), '3']) detail('a', data)
    bus.emit('detail.received', { id: 'b', data: Buffer.from('4'), after: 1 })
    append('b')
    detail('b', '5')
    vi.runAllTimers()
    expect(idsOf(outlet.text)).toEqual(['private1-0.1', 'private1-0.3', 'private1-1.1', 'private1-1.2'])
    expect(discards.total).toBe(1)
  })

  it('keeps details that no subscriber wants, but not those that none could get', () => {
    const { detail, open, discards, turns } = aHub()
    for (const data of ['1', 'x'.repeat(101), '3']) detail('a', data)
    const { outlet } = open(['details/a'], { ...resumable, start: { eps: 0, raw: 0, message: { at: 0, ordinal: 0 } } })
    turns()
    expect(outlet.text).toBe(
      ['1.0', '3.0']
        .map((text) => text.split('.'))
        .map(([n]) => `id:private1-0.${n}\nevent:stream.tweet_updates.a\ndata:${n}\n\n`)
        .join(''),
    )
    expect(discards.total).toBe(0)
  })

  it('reports details that were missed in an outage to them, and to no other stream', () => {
    const { bus, log, open, turns } = aHub()
    const [details, both, raw, plain] = [
      open(['details/a'], resumable),
      open(['details', 'eps'], resumable),
      open(['raw', 'eps'], resumable),
      open(['details']),
    ]
    bus.emit('scores.healed', { entries: 0, updates: 0 })
    log.heal(Buffer.from('a'), 3)
    bus.emit('scores.healed', { entries: 1, updates: 3 })
    turns()
    expect([details, both, raw, plain].map(({ outlet }) => outlet.text)).toEqual([
      'id:private1-1.0\nevent:gap\ndata:{"missed":null}\n\n',
      'id:private1-0_0_1.0\nevent:gap\ndata:{"missed":null}\n\n',
      '',
      '',
    ])
  })

  it('encodes a piece once for all that keep up with several namespaces, and gives one that is behind elsewhere its own id', () => {
    const { open, detail, flush, positions, turns } = aHub()
    const streams = Array.from({ length: 20 }, () => open(['eps', 'details'], resumable))
    const encode = vi.spyOn(positions, 'compositeId')
    flush('a')
    expect(encode).toHaveBeenCalledOnce()
    expect(streams[0]?.outlet.text).toBe('id:private1-1.0\nevent:eps\ndata:{"a":1}\n\n')
    detail('a', '1')
    turns()
    expect(encode).toHaveBeenCalledTimes(2)
    const [slow, swift] = streams
    if (slow === undefined || swift === undefined) throw new Error('no stream')
    slow.outlet.isStalled = true
    detail('a', '2')
    turns()
    detail('a', '3')
    turns()
    slow.outlet.drain()
    flush('b')
    const lastOf = (stream: typeof slow) => stream.outlet.received.at(-1)?.toString()
    expect([slow, swift].map(lastOf)).toEqual(['2_2_1.2', '2.0'].map((place) => `id:private1-${place}\nevent:eps\ndata:{"b":1}\n\n`))
  })
})
