import { describe, expect, it } from 'vitest'
import { encodeFrame } from '../../common/core/sse-frame.js'
import { Audience } from './audience.js'

const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`

describe('what an audience is offered', () => {
  const frame = (text: string) => encodeFrame(Buffer.from(text))

  /** An audience with two subscribers, and all that each of them got. */
  function listening(isChunked = false) {
    const given = new Audience({ namespaces: ['details', 'details/a'], isNamed: true, isChunked })
    const received = [0, 1].map(() => {
      const calls: [text: string, messages: number, nowMs: number][] = []
      given.subscribers.add({ post: (bytes, messages, nowMs) => calls.push([bytes.toString(), messages, nowMs]) })
      return calls
    })
    return { given, received }
  }

  it('reaches every subscriber, in one write of one chunk, when it is delivered', () => {
    const { given, received } = listening(true)
    given.offer(frame('1'))
    given.offer(frame('2'))
    expect(received).toEqual([[], []])
    given.deliver(5)
    const call = [chunk('data:1\n\ndata:2\n\n'), 2, 5]
    expect(received).toEqual([[call], [call]])
  })

  it('reaches it once', () => {
    const { given, received } = listening()
    given.offer(frame('1'))
    given.deliver(5)
    given.deliver(6)
    given.offer(frame('2'))
    given.deliver(7)
    expect(received[0]).toEqual([
      ['data:1\n\n', 1, 5],
      ['data:2\n\n', 1, 7],
    ])
  })

  it('is taken once where two of its namespaces match', () => {
    const { given, received } = listening()
    const same = frame('1')
    given.offer(same)
    given.offer(same)
    given.deliver(5)
    expect(received[0]).toEqual([['data:1\n\n', 1, 5]])
  })

  it('is taken twice where it was published twice', () => {
    const { given, received } = listening()
    given.offer(frame('1'))
    given.offer(frame('1'))
    given.deliver(5)
    expect(received[0]).toEqual([['data:1\n\ndata:1\n\n', 2, 5]])
  })
})
