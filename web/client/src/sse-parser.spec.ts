import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeComment, encodeEventName, encodeFrame, encodeRetry } from '../../../src/common/core/sse-frame.js'
import { SseParser } from '../../../test/support/wire/sse-parser.js'
import { sseParser } from './sse-parser.js'

/** The content that a parser finds in a stream that comes in these pieces. */
function read(...pieces: readonly string[]): unknown[] {
  const heard: unknown[] = []
  const parse = sseParser({
    onMessage: (event, data, id) => heard.push(id === undefined ? [event, data] : [event, data, id]),
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
        const heard = read(...cut(stream, places)).flatMap((each) => (Array.isArray(each) && each[0] !== '' ? [each.slice(0, 2)] : []))
        expect(heard).toEqual(messages)
      }),
      { numRuns: 1000 },
    )
  })

  it.each([
    ['takes one space off', 'data:  x\n\n', [['message', ' x']]],
    ['reads a line without a colon as a field without a value', 'data\n\n', [['message', '']]],
    ['ends lines with CR, LF or CRLF', 'event:a\rdata:1\r\ndata:2\n\n', [['a', '1\n2']]],
    ['skips a message without data, and forgets its name', 'event:a\n\ndata:1\n\n', [['message', '1']]],
    ['skips fields that it does not know', 'foo:2\ndata:1\n\n', [['message', '1']]],
    [
      'keeps the last id',
      'id:1\ndata:1\n\ndata:2\nid: 2\n\ndata:3\n\nid\ndata:4\n\n',
      [
        ['message', '1', '1'],
        ['message', '2', '2'],
        ['message', '3', '2'],
        ['message', '4', ''],
      ],
    ],
    ['reports an id without a message, once', ':ok\n\nid:1\n\n:\n\nevent:x\n\nid:1\nevent:y\n\n', [':', ['', '', '1'], ':']],
    ['drops the id of what is not finished', 'id:1\ndata:1\n\nid:2\ndata:2\n', [['message', '1', '1']]],
    ['skips a time to wait that is no whole number', 'retry:1.5\nretry:\nretry:-1\nretry:x\n\n', []],
    ['drops what is not finished', 'data:1\n\ndata:2\n', [['message', '1']]],
    ['keeps U+2028 within a line', 'data:a\u2028b\n\n', [['message', 'a\u2028b']]],
  ])('%s', (_, stream, heard) => {
    expect(read(stream)).toEqual(heard)
  })
})
