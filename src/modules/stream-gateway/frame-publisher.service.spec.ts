import { Logger } from '@nestjs/common'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { aHub } from '../../../test/support/a-hub.js'
import { parseConfig } from '../../common/config/parse-config.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { Discards } from '../../common/stats/counters.js'
import { FramePublisherService } from './frame-publisher.service.js'
import { MessagePublisher } from './message-publisher.js'

const MACHINE = { hostname: 'box', cores: 2, worker: null, readText: () => undefined }
const data = (text: string) => Buffer.from(text)
const turn = () => vi.advanceTimersToNextTimer()

describe('FramePublisher', () => {
  const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined)

  beforeEach(() => {
    vi.useFakeTimers()
    warn.mockClear()
  })
  afterEach(() => void vi.useRealTimers())

  function publishing(env: Record<string, string> = {}) {
    const config = parseConfig(env, MACHINE)
    const world = aHub({ limits: config.streams })
    const bus = new EventBus((_event, error) => {
      throw error
    })
    const discards = new Discards()
    new FramePublisherService(config, bus, world.hub, new MessagePublisher(config, world.hub, discards)).onModuleInit()
    const receive = (...ids: string[]) => bus.emit('scores.received', { ids: ids.map(data) })
    return { ...world, bus, discards, receive }
  }

  it('sends each update to the raw streams, those of one batch in one write', () => {
    const { receive, open } = publishing()
    const [plain, named] = [open(['raw']), open(['raw', 'eps'])]
    receive('1F602', '2665')
    receive('1F602')
    expect(plain.outlet.received.map(String)).toEqual(['data:1F602\n\ndata:2665\n\n', 'data:1F602\n\n'])
    expect(named.outlet.text).toBe('event:raw\ndata:1F602\n\nevent:raw\ndata:2665\n\nevent:raw\ndata:1F602\n\n')
    expect([plain, named].map(({ subscriber }) => subscriber.msgsSent)).toEqual([3, 3])
  })

  it('sends a detail to the streams of its id and to the parent, under the name of its channel', () => {
    const { bus, open } = publishing()
    const streams = [['details/2665'], ['details'], ['details/26'], ['details', 'details/2665'], ['eps', 'raw']].map((each) => open(each))
    bus.emit('detail.received', { id: '2665', data: data('{"a":1}') })
    turn()
    const frame = 'event:stream.tweet_updates.2665\ndata:{"a":1}\n\n'
    expect(streams.map(({ outlet }) => outlet.text)).toEqual([frame, frame, '', frame, ''])
  })

  it('writes the details of a turn of the event loop at its end, in order and in one write', () => {
    const { bus, open } = publishing()
    const { outlet, subscriber } = open(['details'])
    for (const id of ['a', 'b', 'a']) bus.emit('detail.received', { id, data: data(id) })
    expect(outlet.received).toEqual([])
    turn()
    const frames = ['a', 'b', 'a'].map((id) => `event:stream.tweet_updates.${id}\ndata:${id}\n\n`)
    expect(outlet.received.map(String)).toEqual([frames.join('')])
    expect(subscriber.msgsSent).toBe(3)
  })

  it('sends nothing to raw where that stream is not enabled', () => {
    const { open, receive } = publishing({ ENABLE_RAW_STREAM: 'false' })
    const { outlet } = open(['raw'])
    receive('2665')
    vi.runAllTimers()
    expect(outlet.received).toEqual([])
  })

  it('brings the eps streams to the flush', () => {
    const { bus, log, open } = publishing()
    const { outlet } = open(['eps'])
    log.append(data('2665'))
    bus.emit('scores.summarized', { from: 0, to: 1, atMs: 0, lateMs: 0 })
    expect(outlet.text).toBe('data:{"2665":1}\n\n')
  })

  it('counts what it offers once each, whoever listens', () => {
    const { bus, hub, open, receive } = publishing()
    for (const namespaces of [['details/2665'], ['details'], ['eps']]) open(namespaces)
    receive('a', 'b')
    bus.emit('detail.received', { id: '2665', data: data('x') })
    bus.emit('detail.received', { id: 'nobody', data: data('x') })
    bus.emit('scores.summarized', { from: 0, to: 0, atMs: 0, lateMs: 0 })
    expect(hub.msgsBroadcast).toBe(5)
  })

  it('has nothing to do at the end of the turn where nobody listens', () => {
    const { bus, open } = publishing()
    open(['details/26'])
    bus.emit('detail.received', { id: '2665', data: data('x') })
    expect(vi.getTimerCount()).toBe(0)
  })

  describe('a payload larger than QUEUE_MAX_BYTES', () => {
    const large = { id: '2665', data: Buffer.alloc(1025, 'x') }

    it('is refused, counted, and named in the log without its contents', () => {
      const { bus, discards, open } = publishing({ QUEUE_MAX_BYTES: '1024' })
      const { outlet, subscriber } = open(['details'])
      bus.emit('detail.received', large)
      vi.runAllTimers()
      expect([outlet.text, subscriber.isClosed]).toEqual(['', false])
      expect(discards.nonZero).toEqual([['too-large', 1]])
      expect(warn.mock.calls).toMatchObject([[{ channel: 'stream.tweet_updates.2665', bytes: 1025 }]])
      expect(JSON.stringify(warn.mock.calls)).not.toContain('xx')
    })

    it('is nobody’s concern where nobody would get it', () => {
      const { bus, discards } = publishing({ QUEUE_MAX_BYTES: '1024' })
      bus.emit('detail.received', large)
      expect([discards.total, warn.mock.calls]).toEqual([0, []])
    })
  })
})
