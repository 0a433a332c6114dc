import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeChunk, encodeEventName, encodeFrame } from './sse-frame.js'

interface Message {
  readonly event: string | undefined
  readonly data: string
}

const decode = (bytes: Uint8Array) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)

/**
 * A client as strict as https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation; any other field is an
 * error.
 */
function parse(stream: string): Message[] {
  const messages: Message[] = []
  let event: string | undefined
  let data: string[] = []
  for (const line of stream.split(/\r\n|\r|\n/).slice(0, -1)) {
    const [, name = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? []
    if (line === '') {
      if (data.length > 0) messages.push({ event, data: data.join('\n') })
      event = undefined
      data = []
    } else if (name === 'data') data.push(value)
    else if (name === 'event' && event === undefined) event = value
    else throw new Error(`an injected line: ${JSON.stringify(line)}`)
  }
  if (data.length > 0 || event !== undefined) throw new Error('an unfinished message')
  return messages
}

const withLf = (payload: Uint8Array) => decode(payload).replace(/\r\n?/g, '\n')

const piece = fc.oneof(
  fc.constantFrom(
    '\r',
    '\n',
    '\r\n',
    '\n\n',
    ' ',
    ':',
    'data:',
    'event:forged',
    'id:1',
    'retry:1',
    '\0',
    '\ufeff',
    '\u2028',
    '\u0085',
    '😂',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
)
const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''))
const payload = fc.oneof(
  text.map((each) => new Uint8Array(Buffer.from(each))),
  fc.uint8Array({ maxLength: 32 }),
  fc.array(fc.constantFrom(10, 13, 32, 58, 97, 0xc2, 0xf0, 0xff), { maxLength: 16 }).map((bytes) => Uint8Array.from(bytes)),
)
const eventName = fc.option(
  fc.string({ unit: 'binary', minLength: 1 }).filter((name) => !/[\r\n]/.test(name) && !name.startsWith(' ')),
  { nil: undefined },
)

describe('a client', () => {
  it('reads any payload as exactly one message, with its line ends as LF and nothing injected', () => {
    fc.assert(
      fc.property(payload, eventName, (data, name) => {
        const bytes = encodeFrame(data, name === undefined ? undefined : encodeEventName(name))
        const event = name === undefined ? undefined : decode(Buffer.from(name))
        expect(parse(decode(bytes))).toEqual([{ event, data: withLf(data) }])
      }),
      { numRuns: 1000 },
    )
  })

  it.each([' 1F602', '  two', 'a\n b', '\r\n '])('reads the space in front of a line of %j as part of the payload', (data) => {
    expect(parse(decode(encodeFrame(Buffer.from(data))))).toEqual([{ event: undefined, data: withLf(Buffer.from(data)) }])
  })

  it('reads a row of frames as as many messages', () => {
    fc.assert(
      fc.property(fc.array(payload, { minLength: 1, maxLength: 5 }), (row) => {
        const bytes = Buffer.concat(row.map((data) => encodeFrame(data)))
        expect(parse(decode(bytes)).map(({ data }) => data)).toEqual(row.map(withLf))
      }),
    )
  })

  it('reads from a chunk the bytes that were put in', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 600, size: 'max' }), (bytes) => {
        const chunk = encodeChunk(bytes)
        const headEnd = chunk.indexOf('\r\n')
        const length = chunk.subarray(0, headEnd).toString('latin1')
        expect(length).toMatch(/^[0-9a-f]+$/)
        const end = headEnd + 2 + Number.parseInt(length, 16)
        expect(new Uint8Array(chunk.subarray(headEnd + 2, end))).toEqual(bytes)
        expect(chunk.subarray(end).toString('latin1')).toBe('\r\n')
      }),
    )
  })
})
