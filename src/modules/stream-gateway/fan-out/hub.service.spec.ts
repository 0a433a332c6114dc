import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { aHub } from '../../../../test/support/fakes/a-hub.js'
import { MessageLog } from './messages/message-log.js'

const data = (text: string) => `data:${text}\n\n`
const bytes = (text: string) => Buffer.from(text)

describe('HubService', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => {
    vi.restoreAllMocks()
    vi.useRealTimers()
  })

  describe('a broadcast', () => {
    it('reaches the subscribers of its namespaces alone', () => {
      const { hub, open } = aHub()
      const outlets = [['details/26'], ['details/2665'], ['details'], ['eps']].map((each) => open(each).outlet)
      hub.broadcast(['details/26', 'details'], bytes('26'))
      hub.deliver()
      expect(outlets.map(({ text }) => text)).toEqual([data('26'), '', data('26'), ''])
    })

    it('does not touch an audience that it is not for', () => {
      const { hub, open } = aHub()
      const [one, other] = [open(['details/26']), open(['details/2665'])]
      const appended = vi.spyOn(MessageLog.prototype, 'append')
      const trimmed = vi.spyOn(MessageLog.prototype, 'trim')
      hub.broadcast(['details/26'], bytes('26'))
      hub.deliver()
      hub.deliver()
      for (const { mock } of [appended, trimmed]) expect(mock.contexts).toEqual([one.subscriber.audience.messages])
      expect(other.outlet.received).toEqual([])
    })

    it('reaches a connection once where two of its namespaces match', () => {
      const { hub, open } = aHub()
      const { outlet } = open(['details/26', 'details'])
      hub.broadcast(['details/26', 'details'], bytes('26'))
      hub.deliver()
      expect(outlet.text).toBe(`event:details/26\n${data('26')}`)
    })

    it('comes twice where it was published twice', () => {
      const { hub, open } = aHub()
      const { outlet } = open(['details'])
      for (let times = 0; times < 2; times++) hub.broadcast(['details/26', 'details'], bytes('26'))
      hub.deliver()
      expect(outlet.text).toBe(data('26') + data('26'))
    })

    it('reaches neither a stream that has left in the same turn, nor one that opened after it', () => {
      const { hub, open } = aHub()
      const [gone, first] = [open(['details']), open(['details'])]
      hub.broadcast(['details'], bytes('1'))
      const second = open(['details'])
      hub.broadcast(['details'], bytes('2'))
      gone.subscriber.close('client')
      hub.deliver()
      expect([gone, first, second].map(({ outlet }) => outlet.text)).toEqual(['', data('1') + data('2'), data('2')])
    })

    it('still reaches the other subscribers when it closes one', () => {
      const { hub, open, closed, turns } = aHub({ limits: { queueMaxBytes: 1 } })
      const slow = open(['details'])
      slow.outlet.isStalled = true
      const others = [open(['details']), open(['details'])]
      for (const text of ['26', '27']) {
        hub.broadcast(['details'], bytes(text))
        hub.deliver()
      }
      turns()
      expect([closed.length, slow.outlet.ending]).toEqual([1, 'destroyed'])
      expect(others.map(({ outlet }) => outlet.text)).toEqual([data('26') + data('27'), data('26') + data('27')])
    })

    it('is held by no memory of its sender', () => {
      const { hub, open } = aHub()
      const { outlet } = open(['details'])
      const window = bytes('26')
      hub.broadcast(['details'], window)
      window.fill('x')
      hub.deliver()
      expect(outlet.text).toBe(data('26'))
    })
  })

  describe('an audience', () => {
    const audiences = (streams: readonly { readonly subscriber: { readonly audience: unknown } }[]) =>
      new Set(streams.map(({ subscriber }) => subscriber.audience)).size

    it('is shared by the streams with the same namespaces in the same form, in any order', () => {
      const { open } = aHub()
      const streams = [open(['raw']), open(['raw'])]
      expect(audiences(streams)).toBe(1)
      streams.push(open(['raw'], { isNamed: true }), open(['raw'], { isChunked: true }), open(['raw', 'eps']), open(['eps', 'raw']))
      expect(audiences(streams)).toBe(4)
      expect(streams[0]?.subscriber.audience.size).toBe(2)
    })

    it('leaves each stream the order of its own request', () => {
      const { open } = aHub()
      const streams = [open(['raw', 'eps']), open(['eps', 'raw'])]
      expect(streams.map(({ subscriber }) => subscriber.namespaces)).toEqual([
        ['raw', 'eps'],
        ['eps', 'raw'],
      ])
    })

    it('vanishes with its last subscriber, and its namespaces with their last audience', () => {
      const { hub, open } = aHub()
      const streams = [open(['details']), open(['details']), open(['details', 'details/26'])]
      const found = () => ['details', 'details/26', 'raw'].map((each) => hub.hasSubscribers(each))
      expect(found()).toEqual([true, true, false])
      for (const [stream, expected] of [
        [streams[0], [true, true, false]],
        [streams[1], [true, true, false]],
        [streams[2], [false, false, false]],
      ] as const) {
        stream?.subscriber.close('client')
        expect(found()).toEqual(expected)
      }
      const appended = vi.spyOn(MessageLog.prototype, 'append')
      hub.broadcast(['details'], bytes('x'))
      expect(appended).not.toHaveBeenCalled()
    })

    it('begins anew, without what was broadcast to the one before', () => {
      const { hub, open } = aHub()
      const { subscriber } = open(['details'])
      hub.broadcast(['details'], bytes('26'))
      subscriber.close('client')
      const { outlet } = open(['details'])
      hub.deliver()
      expect([outlet.text, hub.messageLogBytes]).toEqual(['', 0])
    })
  })

  it('lists every open stream, in the order of opening, also while some open and close', () => {
    const { hub, open } = aHub()
    const streams = [['eps'], ['details/26'], ['raw']].map((namespaces) => open(namespaces))
    streams[0]?.subscriber.close('client')
    const seen: string[] = []
    for (const { namespaces } of hub) {
      seen.push(namespaces.join())
      if (seen.length === 1) {
        streams[2]?.subscriber.close('client')
        open(['details'])
      }
    }
    expect([seen, hub.total]).toEqual([['details/26', 'details'], 2])
  })

  it('tells its listeners of each stream that opens, and of each that closes with its reason, at once and once', () => {
    const { open, opened, closed } = aHub()
    const { subscriber } = open(['eps', 'raw'])
    expect(opened).toEqual([subscriber])
    subscriber.close('cleanup')
    subscriber.close('client')
    expect(closed).toEqual([{ subscriber, reason: 'cleanup' }])
  })

  it('needs no listener for openings', () => {
    const { hub, open } = aHub()
    const onClosed = vi.fn()
    hub.listen({ onClosed })
    const { subscriber } = open()
    subscriber.close('client')
    expect(onClosed.mock.calls).toEqual([[subscriber, 'client']])
  })
})
