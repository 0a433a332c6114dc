import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeComment, encodeEventName, encodeFrame, encodeRetry } from '../../../src/common/core/sse-frame.js'
import { SseParser } from '../../../test/support/wire/sse-parser.js'
import { sseParser } from './sse-parser.js'

/** The content that a parser finds in a stream that comes in these pieces. */
function read(...pieces: readonly string[]): unknown[] {
  const heard: unknown[] = []
  const parse = sseParser({
    onMessage: (event, data) => heard.push([event, data]),
    onRetry: (ms) => heard.push(ms),
    onComment: () => heard.push(':'),
  })
  for (const piece of pieces) parse(piece)
  return heard
}

/** Cuts a text at these places. */
function cut(text: string, places: readonly number[]): string[] {
  const at = [0, ...places.map((place) => place % (text.length + 1)).sort((a, b) => a - b), text.length]
  return at.slice(1).map((end, index) => text.slice(at[index], end))
}

const text = fc
  .array(fc.oneof(fc.constantFrom('\r', '\n', '\r\n', ' ', ':', 'data:', 'id:1', '\u2028', '😂'), fc.string({ maxLength: 8 })), {
    maxLength: 8,
  })
  .map((pieces) => pieces.join(''))
const name = fc.string({ minLength: 1 }).filter((each) => !/^ |[\r\n]/.test(each))
const frame = fc.oneof(
  fc.tuple(text, fc.option(name, { nil: undefined })).map(([data, event]) => ({
    bytes: encodeFrame(Buffer.from(data), event === undefined ? undefined : encodeEventName(event)),
    heard: [event ?? 'message', data.replace(/\r\n?/g, '\n')],
  })),
  fc.nat().map((ms) => ({ bytes: encodeRetry(ms), heard: ms })),
  fc.constant({ bytes: encodeComment('keepalive'), heard: ':' }),
)
const cuts = fc.array(fc.nat(), { maxLength: 6 })

describe('sseParser', () => {
  it('finds what the server has encoded, wherever the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 6 }), cuts, (frames, places) => {
        const stream = frames.map(({ bytes }) => bytes.toString()).join('')
        expect(read(...cut(stream, places))).toEqual(frames.map(({ heard }) => heard))
      }),
      { numRuns: 1000 },
    )
  })

  it('finds the same messages as another parser in any text, wherever it is cut', () => {
    fc.assert(
      fc.property(text, cuts, (start, places) => {
        const stream = `${start}\n\n`
        const messages: unknown[] = []
        new SseParser(({ event, data }) => {
          if (data !== undefined) messages.push([event || 'message', data])
        }).push(Buffer.from(stream))
        expect(read(...cut(stream, places)).filter(Array.isArray)).toEqual(messages)
      }),
      { numRuns: 1000 },
    )
  })

  it.each([
    ['takes one space off', 'data:  x\n\n', [['message', ' x']]],
    ['reads a line without a colon as a field without a value', 'data\n\n', [['message', '']]],
    ['ends lines with CR, LF or CRLF', 'event:a\rdata:1\r\ndata:2\n\n', [['a', '1\n2']]],
    ['skips a message without data, and forgets its name', 'event:a\n\ndata:1\n\n', [['message', '1']]],
    ['skips fields that it does not know, and ids', 'id:1\nfoo:2\ndata:1\n\n', [['message', '1']]],
    ['skips a time to wait that is no whole number', 'retry:1.5\nretry:\nretry:-1\nretry:x\n\n', []],
    ['drops what is not finished', 'data:1\n\ndata:2\n', [['message', '1']]],
    ['keeps U+2028 within a line', 'data:a\u2028b\n\n', [['message', 'a\u2028b']]],
  ])('%s', (_, stream, heard) => {
    expect(read(stream)).toEqual(heard)
  })
})
