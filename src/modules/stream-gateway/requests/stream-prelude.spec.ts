import { describe, expect, it } from 'vitest'
import {
  encodePrelude,
  encodeStreamHead,
  framesIn,
  headerLines,
  invalidHeaders,
  type Opening,
  PLAIN_OPENING,
  renewalOf,
} from './stream-prelude.js'

const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`

const NOW = new Date(Date.UTC(2024, 1, 29, 12, 34, 56, 789))

describe('invalidHeaders', () => {
  it.each([
    ['a carriage return', 'a\rb'],
    ['a line feed', 'a\nset-cookie: b'],
    ['NUL', 'a\0b'],
    ['a character beyond Latin-1', 'a€'],
    ['a list with one bad element', ['a', 'b\r\n']],
  ])('names a header whose value has %s', (_what, value) => {
    expect(invalidHeaders({ 'x-good': 'é', 'x-bad': value })).toEqual(['x-bad'])
  })

  it.each(['', 'x bad', 'x:bad', 'x\r\nbad', 'ü'])('names a header with the name %j', (name) => {
    expect(invalidHeaders({ [name]: 'good' })).toEqual([name])
  })

  it('names none of the headers that a head can carry', () => {
    expect(invalidHeaders({ 'x-text': 'a\tb é', 'x-count': 2, 'x-list': ['a', 'b'], 'x-none': undefined })).toEqual([])
  })
})

describe('encodeStreamHead', () => {
  it('has a line for each element of a list, and none for a header without a value', () => {
    expect(encodeStreamHead(headerLines({ 'set-cookie': ['a=1', 'b=2'], 'x-none': undefined }), false, NOW)).toBe(
      'HTTP/1.1 200 OK\r\nset-cookie: a=1\r\nset-cookie: b=2\r\ndate: Thu, 29 Feb 2024 12:34:56 GMT\r\n\r\n',
    )
  })

  it('writes the status line, the headers in order, the date and a blank line', () => {
    expect(encodeStreamHead(headerLines({ 'content-type': 'text/plain', 'x-count': 2 }), false, NOW)).toBe(
      'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nx-count: 2\r\ndate: Thu, 29 Feb 2024 12:34:56 GMT\r\n\r\n',
    )
  })

  it('announces chunked framing where the body has it', () => {
    expect(encodeStreamHead('', true, NOW)).toBe(
      'HTTP/1.1 200 OK\r\ndate: Thu, 29 Feb 2024 12:34:56 GMT\r\ntransfer-encoding: chunked\r\n\r\n',
    )
  })
})

describe('encodePrelude', () => {
  it.each([
    [100, null, {}, 'retry:100\n\n', 0],
    [500, 'abc', {}, 'retry:500\n\nevent:token\ndata:abc\n\n', 1],
    [500, null, { id: 'a-1' }, 'retry:500\n\nid:a-1\n\n', 0],
    [500, 'abc', { id: 'a-1' }, 'retry:500\n\nid:a-1\n\nevent:token\ndata:abc\n\n', 1],
    [1, null, { id: 'a-1', reset: 'too-old' }, 'retry:1\n\nid:a-1\n\nid:a-1\nevent:reset\ndata:{"reason":"too-old"}\n\n', 1],
    [1, null, { id: 'a-1', gap: { missed: 7 } }, 'retry:1\n\nid:a-1\n\nid:a-1\nevent:gap\ndata:{"missed":7}\n\n', 1],
    [1, null, { id: 'a-1', gap: { missed: null } }, 'retry:1\n\nid:a-1\n\nid:a-1\nevent:gap\ndata:{"missed":null}\n\n', 1],
    [1, null, { id: 'a-1', hasSnapshot: true }, 'retry:1\n\nid:a-1\n\nid:a-1\n', 0],
    [1, null, { hasSnapshot: true }, 'retry:1\n\n', 0],
    [
      1,
      'abc',
      { id: 'a-1', reset: 'unknown', hasSnapshot: true },
      'retry:1\n\nid:a-1\n\nevent:token\ndata:abc\n\nid:a-1\nevent:reset\ndata:{"reason":"unknown"}\n\nid:a-1\n',
      2,
    ],
  ] as const)('says :ok, a retry of %s, a token of %s and a start of %j in one chunk', (retryMs, token, given, text, frames) => {
    const { hasSnapshot = false, ...some }: Partial<Opening> & { readonly hasSnapshot?: boolean } = given
    const opening = { ...PLAIN_OPENING, ...some }
    const prelude = (isChunked: boolean) => encodePrelude({ head: null, isChunked, retryMs, token, opening, hasSnapshot }).toString()
    expect(prelude(false)).toBe(`:ok\n\n${text}`)
    expect(prelude(true)).toBe(chunk(`:ok\n\n${text}`))
    expect(framesIn({ token, opening })).toBe(frames)
  })

  it('begins with the head, in the same buffer', () => {
    const head = encodeStreamHead(headerLines({ 'x-name': 'é' }), true, new Date())
    const bytes = encodePrelude({ head, isChunked: true, retryMs: 3000, token: null, opening: PLAIN_OPENING, hasSnapshot: false })
    expect(bytes.toString('latin1')).toBe(head + chunk(':ok\n\nretry:3000\n\n'))
  })
})

const NEVER = Number.POSITIVE_INFINITY
const CONFIG = { retryMs: 3000, score: { retryMs: 100, closeMs: 10_000 }, detail: { retryMs: 500, closeMs: 20_000 }, maxAgeMs: NEVER }
const SCORE = { retryMs: 100, lifeMs: 10_000 }
const DETAIL = { retryMs: 500, lifeMs: 20_000 }
const PLAIN = { retryMs: 1500, lifeMs: NEVER }
const LEAST = () => 0

describe('renewalOf', () => {
  it.each([
    [['eps'], false, SCORE],
    [['raw'], false, SCORE],
    [['eps', 'details/2665'], true, SCORE],
    [['details/2665'], true, SCORE],
    [['kiosk_interaction'], true, SCORE],
    [['details/2665'], false, DETAIL],
    [['details'], false, DETAIL],
    [['kiosk_interaction'], false, PLAIN],
    [['trending'], false, PLAIN],
    [['details-of-mine'], false, PLAIN],
  ])('gives %j (multiplexed: %s) its pair where a refresh is forced, and RETRY_MS otherwise', (namespaces, isNamed, renewal) => {
    expect(renewalOf({ namespaces, isNamed }, true, CONFIG, LEAST)).toEqual(renewal)
    expect(renewalOf({ namespaces, isNamed }, false, CONFIG, LEAST)).toEqual(PLAIN)
  })

  it.each([
    [5000, 'eps', 5000],
    [15_000, 'eps', 10_000],
    [15_000, 'details', 15_000],
    [15_000, 'kiosk_interaction', 15_000],
  ])('takes the lesser of an age of %i and what is forced on %s: %i', (maxAgeMs, namespace, lifeMs) => {
    expect(renewalOf({ namespaces: [namespace], isNamed: false }, true, { ...CONFIG, maxAgeMs }, LEAST).lifeMs).toBe(lifeMs)
  })

  it('bounds the age of every stream where nothing is forced', () => {
    expect(renewalOf({ namespaces: ['eps'], isNamed: false }, false, { ...CONFIG, maxAgeMs: 5000 }, LEAST)).toEqual({
      retryMs: 1500,
      lifeMs: 5000,
    })
  })

  it.each([
    [0, 1500],
    [0.5, 3000],
    [1, 4500],
  ])('spreads RETRY_MS from half of it to one and a half (%d)', (random, retryMs) => {
    expect(renewalOf({ namespaces: ['eps'], isNamed: false }, false, CONFIG, () => random).retryMs).toBe(retryMs)
  })

  it('never asks a client to come back in no time', () => {
    expect(renewalOf({ namespaces: ['eps'], isNamed: false }, false, { ...CONFIG, retryMs: 1 }, () => 0.4).retryMs).toBe(1)
  })

  it('draws the time of the reconnect and that of the close apart from each other', () => {
    const draws = [0.5, 1]
    const { retryMs, lifeMs } = renewalOf(
      { namespaces: ['eps'], isNamed: false },
      false,
      { ...CONFIG, maxAgeMs: 10_000 },
      () => draws.shift() ?? 0,
    )
    expect([retryMs, lifeMs]).toEqual([3000, 8000])
  })

  it.each([
    [0, 10_000],
    [0.5, 9000],
    [1, 8000],
  ])('closes up to a fifth earlier by chance (%d)', (random, lifeMs) => {
    expect(renewalOf({ namespaces: ['eps'], isNamed: false }, true, CONFIG, () => random).lifeMs).toBe(lifeMs)
  })
})
