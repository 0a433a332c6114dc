import { describe, expect, it, vi } from 'vitest'
import {
  encodeBody,
  encodeChunk,
  encodeComment,
  encodeEventName,
  encodeFrame,
  encodeRetry,
  FrameVariants,
  type IdOf,
  LAST_CHUNK,
  streamHeaders,
  variantOf,
} from './sse-frame.js'

const frame = (data: string, eventName?: string) =>
  encodeFrame(Buffer.from(data), eventName === undefined ? undefined : encodeEventName(eventName)).toString()

describe('encodeFrame', () => {
  it('writes no space after the colons, as the original servers did', () => {
    expect(frame('{"1F4C2":2,"2665":3}')).toBe('data:{"1F4C2":2,"2665":3}\n\n')
    expect(frame('{}', 'stream.tweet_updates.2665')).toBe('event:stream.tweet_updates.2665\ndata:{}\n\n')
  })

  it.each([
    ['LF', 'a\nb', 'data:a\ndata:b\n\n'],
    ['CR', 'a\rb', 'data:a\ndata:b\n\n'],
    ['CRLF', 'a\r\nb', 'data:a\ndata:b\n\n'],
    ['LF CR, which are two', 'a\n\rb', 'data:a\ndata:\ndata:b\n\n'],
    ['CR CRLF, which are two', 'a\r\r\nb', 'data:a\ndata:\ndata:b\n\n'],
    ['a blank line', 'a\n\nb', 'data:a\ndata:\ndata:b\n\n'],
    ['a line end in front', '\na', 'data:\ndata:a\n\n'],
    ['a trailing LF', 'a\n', 'data:a\ndata:\n\n'],
    ['a trailing CR', 'a\r', 'data:a\ndata:\n\n'],
    ['a trailing CRLF', 'a\r\n', 'data:a\ndata:\n\n'],
    ['a lone CR', '\r', 'data:\ndata:\n\n'],
    ['nothing', '', 'data:\n\n'],
  ])('makes a data line of each line: %s', (_, data, wire) => {
    expect(frame(data)).toBe(wire)
  })

  it('names a frame of several lines once', () => {
    expect(frame('a\nb', 'x')).toBe('event:x\ndata:a\ndata:b\n\n')
  })

  it('passes any other byte on as it is', () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => byte !== 10 && byte !== 13))
    expect(encodeFrame(bytes)).toEqual(Buffer.concat([Buffer.from('data:'), bytes, Buffer.from('\n\n')]))
  })

  it('copies the payload, which belongs to the emitter', () => {
    const data = Buffer.from('abc')
    const encoded = encodeFrame(data)
    data.fill('x')
    expect(encoded.toString()).toBe('data:abc\n\n')
  })
})

describe('encodeEventName', () => {
  it.each(['a\nb', 'a\rb', 'a\r\ndata:forged', '\n', 'a\n'])('refuses %j, which would forge a field', (name) => {
    expect(() => encodeEventName(name)).toThrow(RangeError)
  })

  it('takes any other name', () => {
    expect(encodeEventName('stream.interaction.é 😂:\u2028').toString()).toBe('event:stream.interaction.é 😂:\u2028\n')
  })
})

describe('bytes that are no message', () => {
  it('is a comment', () => {
    expect(encodeComment('ok').toString()).toBe(':ok\n\n')
  })

  it('or a reconnect delay', () => {
    expect(encodeRetry(1234).toString()).toBe('retry:1234\n\n')
  })
})

describe('encodeChunk', () => {
  it('gives the length in bytes, in hexadecimal', () => {
    expect(encodeChunk(Buffer.from('é'.repeat(13))).toString()).toBe(`1a\r\n${'é'.repeat(13)}\r\n`)
  })

  it('is ended by the chunk of length 0', () => {
    expect(LAST_CHUNK.toString()).toBe('0\r\n\r\n')
  })
})

describe('the variants of a frame', () => {
  const kinds = [false, true].flatMap((isNamed) => [false, true].map((isChunked) => ({ isNamed, isChunked })))

  it('are four: named or not, chunked or not', () => {
    expect(kinds.map(({ isNamed, isChunked }) => variantOf(isNamed, isChunked)).sort()).toEqual([0, 1, 2, 3])
    const frames = FrameVariants.of(Buffer.from('x'), encodeEventName('eps'))
    for (const { isNamed, isChunked } of kinds) {
      const bytes = encodeBody(encodeFrame(Buffer.from('x'), isNamed ? encodeEventName('eps') : undefined), isChunked)
      expect(frames.for(variantOf(isNamed, isChunked)).toString()).toBe(bytes.toString())
    }
  })

  it('are encoded once each, when they are first asked for', () => {
    const encode = vi.fn((isNamed: boolean, isChunked: boolean, _ids: IdOf | null) => Buffer.from(`${isNamed} ${isChunked}`))
    const frames = new FrameVariants(encode)
    expect(encode).not.toHaveBeenCalled()
    for (let times = 0; times < 3; times++) {
      for (const { isNamed, isChunked } of kinds) {
        const variant = variantOf(isNamed, isChunked)
        expect(frames.for(variant)).toBe(frames.for(variant))
      }
    }
    expect(encode.mock.calls.sort()).toEqual(kinds.map(({ isNamed, isChunked }) => [isNamed, isChunked, null]).sort())
  })
})

describe('streamHeaders', () => {
  it('name the type of a stream, and forbid proxies to buffer it', () => {
    expect(streamHeaders(false)).toEqual({
      'cache-control': 'no-cache',
      'content-type': 'text/event-stream; charset=utf-8',
      'x-accel-buffering': 'no',
    })
  })

  it('ask for a cleanup if clients are made to reconnect', () => {
    expect(streamHeaders(true)).toEqual({ ...streamHeaders(false), 'x-sse-cleanup-requested': 'true' })
  })
})
