import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { aHub } from '../../../../../test/support/fakes/a-hub.js'
import { FrameVariants, variantOf } from '../../../../common/core/sse-frame.js'
import { MessageLog } from './message-log.js'

const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`
const data = (text: string) => `data:${text}\n\n`
const turn = () => vi.advanceTimersToNextTimer()

/** A hub with a queue, `news`, whose messages go out at the end of the turn. */
function newsHub(setup: Parameters<typeof aHub>[0] = {}) {
  const world = aHub({ ...setup, limits: { queueMaxBytes: 10_000, ...setup.limits } })
  const publish = (...texts: readonly string[]) => {
    for (const text of texts) world.broadcaster.broadcast(['news'], text)
  }
  return { ...world, publish }
}

describe('the messages of an audience', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => {
    vi.restoreAllMocks()
    vi.useRealTimers()
  })

  it('reach every subscriber at the end of the turn, in one write, each as a chunk, and once', () => {
    const { open, publish, turns } = newsHub()
    const streams = [open(['news', 'eps'], { isChunked: true }), open(['news', 'eps'], { isChunked: true })]
    publish('1', '2')
    expect(streams.map(({ outlet }) => outlet.text)).toEqual(['', ''])
    turns()
    turns()
    const expected = [['1', '2'].map((text) => chunk(`event:news\n${data(text)}`)).join('')]
    for (const { outlet, subscriber } of streams) {
      expect(outlet.received.map(String)).toEqual(expected)
      expect(subscriber.msgsSent).toBe(2)
    }
    publish('3')
    turns()
    expect(streams[0]?.outlet.received.map(String)).toEqual([...expected, chunk(`event:news\n${data('3')}`)])
  })

  it('are encoded once for each variant, whatever the number of audiences', () => {
    const { open, publish, turns } = newsHub()
    const kinds = [false, true].flatMap((isNamed) => [false, true].map((isChunked) => ({ isNamed, isChunked })))
    const streams = kinds.flatMap((kind) => Array.from({ length: 20 }, (_, n) => open(['news', `details/${n}`], kind)))
    const encode = vi.spyOn(FrameVariants, 'of')
    publish('1')
    turns()
    expect(encode).toHaveBeenCalledOnce()
    for (const { isNamed, isChunked } of kinds) {
      const variant = variantOf(isNamed, isChunked)
      const same = streams.filter(({ subscriber }) => subscriber.audience.variant === variant)
      expect(new Set(same.map(({ outlet }) => outlet.received[0])).size).toBe(1)
    }
  })

  it('are forgotten at once while all subscribers keep up', () => {
    const { hub, open, publish, turns } = newsHub()
    open(['news'])
    open(['news', 'details'])
    publish('1', '2')
    expect(hub.messageLogBytes).toBeGreaterThan(0)
    turns()
    expect(hub.messageLogBytes).toBe(0)
  })

  it('are kept from the lowest cursor on, once for all, until that has drained', () => {
    const { hub, open, publish, turns, settle } = newsHub()
    const [slow, slower, swift] = [open(['news']), open(['news']), open(['news'])]
    for (const each of [slow, slower]) each.outlet.isStalled = true
    publish('1')
    turns()
    publish('2')
    turns()
    const one = hub.messageLogBytes
    publish('3')
    turns()
    expect(hub.messageLogBytes).toBe(2 * one)
    expect(slow.outlet.queuedBytes).toBe(data('1').length)
    slow.outlet.drain()
    settle()
    expect(slow.outlet.received.map(String)).toEqual([data('1'), data('2') + data('3')])
    expect(hub.messageLogBytes).toBe(2 * one)
    slower.outlet.drain()
    settle()
    expect([slower.outlet.text, hub.messageLogBytes]).toEqual([swift.outlet.text, 0])
  })

  it.each(['drains', 'leaves'])('cost no memory any more when the last one behind %s', (end) => {
    const { hub, open, publish, turns, settle } = newsHub()
    const [slow, other] = [open(['news']), open(['news'])]
    slow.outlet.isStalled = true
    publish('1')
    turns()
    publish('2')
    turns()
    expect(hub.messageLogBytes).toBeGreaterThan(0)
    if (end === 'drains') slow.outlet.drain()
    else slow.subscriber.close('client')
    settle()
    expect([hub.messageLogBytes, other.subscriber.isClosed]).toEqual([0, false])
  })

  it('are referred to, and held once, where several audiences are behind', () => {
    const { hub, open, publish, turns } = newsHub()
    const text = 'x'.repeat(1000)
    const streams = Array.from({ length: 100 }, (_, n) => open(['news', `details/${n}`]))
    for (const { outlet } of streams) outlet.isStalled = true
    publish('first')
    turns()
    publish(text)
    turns()
    expect(hub.messageLogBytes).toBeLessThan(100 * 100 + 3 * text.length)
  })

  it('are in order for one that drains between two messages of a turn', () => {
    const { open, publish, turns, settle } = newsHub()
    const { outlet } = open(['news'])
    outlet.isStalled = true
    publish('1')
    turns()
    publish('2')
    outlet.drain()
    publish('3')
    turns()
    settle()
    expect(outlet.text).toBe(data('1') + data('2') + data('3'))
  })

  it('go out in slices that take in several audiences, a commit at the end of each', () => {
    const { open, publish, transport } = newsHub({ slice: 2 })
    const streams = Array.from({ length: 5 }, (_, n) => open(['news', `details/${n}`]))
    const served = () => streams.filter(({ outlet }) => outlet.text !== '').length
    publish('1')
    expect(served()).toBe(0)
    for (const count of [2, 4, 5]) {
      turn()
      expect(served()).toBe(count)
    }
    expect(transport.commits).toBe(3)
  })

  it('are read from the log once for all subscribers that keep up', () => {
    const { open, publish, turns } = newsHub()
    for (let n = 0; n < 10; n++) open(['news'])
    const read = vi.spyOn(MessageLog.prototype, 'read')
    for (const text of ['1', '2']) {
      publish(text)
      turns()
    }
    expect(read.mock.calls).toEqual([
      [0, 1],
      [1, 2],
    ])
  })

  it('that come while a round is under way are delivered by the next one', () => {
    const { open, publish, turns } = newsHub({ slice: 1 })
    const streams = Array.from({ length: 4 }, () => open(['news']))
    publish('1')
    turn()
    publish('2')
    turn()
    publish('3')
    turns()
    for (const { outlet } of streams) expect(outlet.text).toBe(data('1') + data('2') + data('3'))
  })

  it('go out in pieces of 64 KiB, each in a turn of its own; one that is larger goes alone', () => {
    const { open, publish, turns, settle } = newsHub({ limits: { queueMaxBytes: 1e6 } })
    const { outlet, subscriber } = open(['news'])
    const texts = [40_000, 40_000, 100_000, 20_000, 20_000].map((size, n) => String(n).repeat(size))
    publish(...texts)
    turns()
    settle()
    expect(outlet.received.map(({ length }) => length)).toEqual([40_007, 40_007, 100_007, 40_014])
    expect(outlet.text).toBe(texts.map(data).join(''))
    expect(subscriber.msgsSent).toBe(5)
  })

  describe('over QUEUE_MAX_BYTES', () => {
    it('close each subscriber that is further behind and has not drained, and no other', () => {
      const { hub, open, publish, turns, closed } = newsHub({ limits: { queueMaxBytes: 100 } })
      const [slow, late, swift] = [open(['news']), open(['news']), open(['news'])]
      slow.outlet.isStalled = true
      publish('first')
      turns()
      publish('x'.repeat(60))
      turns()
      late.outlet.isStalled = true
      publish('y')
      turns()
      publish('z'.repeat(60))
      turns()
      expect(closed.map(({ reason }) => reason)).toEqual(['slow'])
      expect(slow.outlet.ending).toBe('destroyed')
      expect(late.subscriber.isClosed).toBe(false)
      expect(swift.outlet.text).toBe(['first', 'x'.repeat(60), 'y', 'z'.repeat(60)].map(data).join(''))
      expect(hub.messageLogBytes).toBeLessThan(300)
    })

    it('close many subscribers in slices, each in a turn of its own', () => {
      const { open, publish, turns, closed } = newsHub({ slice: 2, limits: { queueMaxBytes: 100 } })
      const streams = Array.from({ length: 5 }, () => open(['news']))
      for (const { outlet } of streams) outlet.isStalled = true
      publish('first')
      turns()
      publish('x'.repeat(60))
      turns()
      publish('y'.repeat(60))
      const counts = [0]
      while (closed.length < streams.length) {
        turn()
        if (closed.length !== counts.at(-1)) counts.push(closed.length)
      }
      expect(Math.max(...counts.slice(1).map((count, at) => count - (counts[at] ?? 0)))).toBeLessThanOrEqual(2)
      expect(closed.every(({ reason }) => reason === 'slow')).toBe(true)
    })

    it('do not close a subscriber that reads on, piece by piece', () => {
      const { open, publish, turns, closed } = newsHub({ limits: { queueMaxBytes: 50_000 } })
      const { outlet } = open(['news'])
      publish(...Array.from({ length: 5 }, () => 'x'.repeat(40_000)))
      turns()
      expect([closed, outlet.received.length, outlet.text.length]).toEqual([[], 5, 5 * data('x'.repeat(40_000)).length])
    })
  })

  describe('over MESSAGE_LOG_BYTES', () => {
    it('close the subscribers that are the furthest behind, of all audiences, until three quarters are left', () => {
      const { hub, open, publish, turns, closed } = newsHub({ limits: { queueMaxBytes: 1e6, messageLogBytes: 10_000 } })
      const streams = Array.from({ length: 4 }, (_, n) => open(['news', `details/${n}`]))
      const swift = open(['news'])
      for (const { outlet } of streams) {
        outlet.isStalled = true
        for (let n = 0; n < 2; n++) {
          publish('x'.repeat(300))
          turns()
          expect(hub.messageLogBytes).toBeLessThanOrEqual(10_000)
        }
      }
      while (closed.length === 0) {
        publish('x'.repeat(300))
        turns()
        expect(hub.messageLogBytes).toBeLessThanOrEqual(10_000)
      }
      expect(hub.messageLogBytes).toBeLessThanOrEqual(7500)
      expect([closed[0]?.subscriber === streams[0]?.subscriber, closed[0]?.reason]).toEqual([true, 'slow'])
      expect(closed.length).toBeLessThan(4)
      expect(swift.subscriber.isClosed).toBe(false)
    })

    it('close no subscriber of the same audience that is less far behind', () => {
      const { hub, open, publish, turns, closed } = newsHub({ limits: { queueMaxBytes: 1e6, messageLogBytes: 10_000 } })
      const [far, near] = [open(['news']), open(['news'])]
      far.outlet.isStalled = true
      for (let n = 0; closed.length === 0; n++) {
        near.outlet.isStalled = n >= 8
        publish('x'.repeat(300))
        turns()
      }
      expect([far, near].map(({ subscriber }) => subscriber.isClosed)).toEqual([true, false])
      expect(hub.messageLogBytes).toBeGreaterThan(0)
    })

    it('close no subscriber that keeps up while those that do not hold enough, however much one turn brings', () => {
      const { hub, broadcaster, open, turns, closed } = newsHub({ limits: { queueMaxBytes: 1e6, messageLogBytes: 10_000 } })
      const swift = open(['swift'])
      const slow = ['0', '1', '2', '3'].map((name) => ({ name, ...open([name]) }))
      for (const { name, outlet } of slow) {
        outlet.isStalled = true
        for (const text of ['first', 'x'.repeat(1000)]) {
          broadcaster.broadcast([name], text)
          turns()
        }
      }
      broadcaster.broadcast(['swift'], 'y'.repeat(1200))
      expect(hub.messageLogBytes).toBeLessThanOrEqual(7500)
      expect(closed.map(({ subscriber }) => subscriber)).toEqual(slow.slice(0, 2).map(({ subscriber }) => subscriber))
      turns()
      expect(swift.outlet.text).toBe(data('y'.repeat(1200)))
    })

    it('close a subscriber that keeps up where one turn brings more than the bound', () => {
      const { hub, open, publish, closed } = newsHub({ limits: { queueMaxBytes: 1e6, messageLogBytes: 10_000 } })
      open(['news'])
      publish(...Array.from({ length: 20 }, () => 'x'.repeat(300)))
      expect([hub.messageLogBytes, closed.length]).toEqual([0, 1])
    })

    it('close the furthest behind first, also where one audience has several of them', () => {
      const { open, publish, turns, closed } = newsHub({ limits: { queueMaxBytes: 1e6, messageLogBytes: 10_000 } })
      const [near, far, second] = [open(['news', 'details']), open(['news']), open(['news'])]
      far.outlet.isStalled = true
      publish('x')
      turns()
      second.outlet.isStalled = true
      for (const text of ['x', 'y'.repeat(3300)]) {
        publish(text)
        turns()
      }
      near.outlet.isStalled = true
      for (const text of ['x', 'z'.repeat(1900)]) {
        publish(text)
        turns()
      }
      expect(closed.map(({ subscriber }) => subscriber)).toEqual([far.subscriber, second.subscriber])
      expect(near.subscriber.isClosed).toBe(false)
    })

    it('leave a bound that is exceeded by one append only by that append', () => {
      const { hub, open, publish } = newsHub({ limits: { queueMaxBytes: 1e6, messageLogBytes: 1000 } })
      open(['news']).outlet.isStalled = true
      for (let n = 0; n < 20; n++) {
        publish('x'.repeat(100))
        expect(hub.messageLogBytes).toBeLessThanOrEqual(1000)
      }
    })
  })
})
