import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { LiveStack } from '../../support/servers/live-stack.js'
import { afterOpening, openingOf } from '../../support/wire/opening.js'

const QUEUE_MAX_BYTES = 65_536
const DETAIL = 'stream.tweet_updates.'
let stack: LiveStack

beforeAll(async () => {
  stack = await LiveStack.start({ QUEUE_MAX_BYTES: String(QUEUE_MAX_BYTES) })
})
afterEach(() => stack.closeClients())
afterAll(() => stack.stop())

/** One line of a payload; a client takes one space off its start, so a line that begins with one needs another. */
const fieldOf = (line: string | Buffer) =>
  Buffer.concat([Buffer.from(Buffer.from(line)[0] === 0x20 ? '\ndata: ' : '\ndata:'), Buffer.from(line)])

/** The bytes of one frame, which hold each line of the payload in a field of its own. */
const frameOf = (id: string, ...lines: (string | Buffer)[]) =>
  Buffer.concat([Buffer.from(`event:${DETAIL}${id}`), ...lines.map(fieldOf), Buffer.from('\n\n')])

const BAD_BYTES = Buffer.from([0x61, 0xff, 0xc3, 0x28, 0xe2, 0x82, 0x62])

it.each<[string, string | Buffer, (string | Buffer)[]]>([
  ['LF', 'one\ntwo', ['one', 'two']],
  ['CR', 'one\rtwo', ['one', 'two']],
  ['CRLF', 'one\r\ntwo', ['one', 'two']],
  ['LF, CR and CRLF', 'a\n\nb\r\rc\r\n\r\nd\n\re', ['a', '', 'b', '', 'c', '', 'd', '', 'e']],
  ['a CR at its end', 'one\r', ['one', '']],
  ['a CRLF at its end', 'one\r\n', ['one', '']],
  ['nothing but line breaks', '\n\r\n', ['', '', '']],
  [
    'what looks like fields',
    'x\nevent:evil\nid:9\nretry:1\ndata:y\n\nevent:evil\n:',
    ['x', 'event:evil', 'id:9', 'retry:1', 'data:y', '', 'event:evil', ':'],
  ],
  ['a line and a paragraph separator, NEL, VT and FF', 'a\u2028b\u2029c\u0085d\ve\ff', ['a\u2028b\u2029c\u0085d\ve\ff']],
  ['NUL and a byte order mark', '\ufeffa\0b', ['\ufeffa\0b']],
  ['nothing at all', '', ['']],
  ['bytes that are not UTF-8', BAD_BYTES, [BAD_BYTES]],
  ['such bytes around a line break', Buffer.concat([BAD_BYTES, Buffer.from('\r'), BAD_BYTES]), [BAD_BYTES, BAD_BYTES]],
  ['lines that begin with spaces', ' a\n  b\n\tc', [' a', '  b', '\tc']],
  ['colons and quotes', ':data: "x" \\', [':data: "x" \\']],
])('carries a payload of %s whole, and the next one after it', async (_, payload, lines) => {
  const client = await stack.open('/subscribe/details/P')

  await stack.feeder.publish(`${DETAIL}P`, payload)
  await stack.feeder.publish(`${DETAIL}P`, 'next')
  await client.until('both', ({ frames }) => frames === 2)

  expect(client.bodyBytes.subarray(openingOf(client.body).length)).toEqual(Buffer.concat([frameOf('P', ...lines), frameOf('P', 'next')]))
  const asText = Buffer.concat(lines.flatMap((line, n) => [Buffer.from(n === 0 ? '' : '\n'), Buffer.from(line)])).toString()
  expect(client.messages()).toEqual(
    [asText, 'next'].map((data) => ({ event: `${DETAIL}P`, data, id: undefined, retry: undefined, comments: [], ignored: [] })),
  )
})

it('takes all that follows the prefix of the channel as the id, dots included', async () => {
  const client = await stack.open('/subscribe/details/a.b')
  const parent = await stack.open('/subscribe/details')
  const first = await stack.open('/subscribe/details/a')

  await stack.feeder.publish(`${DETAIL}a.b`, '1')
  await stack.feeder.publish(`${DETAIL}a`, '2')
  await parent.until('both', ({ frames }) => frames === 2)
  await first.until('its own', ({ frames }) => frames > 0)

  expect(client.messages().map(({ data }) => data)).toEqual(['1'])
  expect(first.messages().map(({ data }) => data)).toEqual(['2'])
})

const BAD_IDS: [string, Buffer][] = [
  ['that is empty', Buffer.alloc(0)],
  ['with a line feed', Buffer.from('a\nevent:evil')],
  ['with a carriage return', Buffer.from('a\rdata:evil')],
  ['with NUL', Buffer.from('a\0b')],
  ['with an escape', Buffer.from('\u001b[31m')],
  ['with DEL', Buffer.from('a\u007f')],
  ['with a C1 control', Buffer.from('a\u0085b')],
  ['that is not UTF-8', Buffer.from([0x41, 0xff])],
  ['that is an encoded surrogate', Buffer.from([0xed, 0xa0, 0x80])],
  ['of 129 bytes', Buffer.from('x'.repeat(129))],
]

it.each(BAD_IDS)('refuses details of an id %s, without harm to others', async (_, id) => {
  const client = await stack.open('/subscribe/details')

  await stack.feeder.publish(Buffer.concat([Buffer.from(DETAIL), id]), '"refused"')
  await stack.feeder.publish(`${DETAIL}GOOD`, '"taken"')
  await client.until('the good one', ({ body }) => body.includes('taken'))

  expect(afterOpening(client.body)).toBe(`${frameOf('GOOD', '"taken"')}`)
})

it.each(BAD_IDS)('refuses the score of an id %s, without harm to others', async (_, id) => {
  const raw = await stack.open('/subscribe/raw')
  const eps = await stack.open('/subscribe/eps')

  await Promise.all(['G1', id, 'G2'].map((each) => stack.feeder.publish('stream.score_updates', each)))
  await raw.until('the good ones', ({ frames }) => frames >= 2)
  await eps.until('the good ones', ({ counts }) => counts.has('G2'))

  expect(afterOpening(raw.body)).toBe('data:G1\n\ndata:G2\n\n')
  // An eps stream may begin with the increments of the window before it.
  expect([...eps.counts.keys()].filter((key) => !/^G\d$/.test(key))).toEqual([])
})

it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', '"', '\\', '","x":9,"', '0', '-1', ' ', '♥\u2028', 'x'.repeat(128)])(
  'counts the id %j as itself',
  async (id) => {
    const raw = await stack.open('/subscribe/raw')
    const eps = await stack.open('/subscribe/eps')

    await Promise.all([id, id, id].map((each) => stack.feeder.update(each)))
    await eps.until('the updates', ({ counts }) => counts.get(id) === 3)
    await raw.until('the updates', ({ frames }) => frames === 3)

    expect(raw.messages().map(({ data }) => data)).toEqual([id, id, id])
    expect([...eps.counts.keys()].filter((key) => key !== id && !/^G\d$/.test(key))).toEqual([])
  },
)

it('refuses a payload over QUEUE_MAX_BYTES, and carries one of just that size and those behind it', async () => {
  const client = await stack.open('/subscribe/details/BIG')

  await stack.feeder.publish(`${DETAIL}BIG`, 'x'.repeat(QUEUE_MAX_BYTES + 1))
  await stack.feeder.publish(`${DETAIL}BIG`, 'y'.repeat(QUEUE_MAX_BYTES))
  await stack.feeder.publish(`${DETAIL}BIG`, 'z')
  await client.until('the last', ({ body }) => body.includes('data:z'))

  expect(client.messages().map(({ data }) => data)).toEqual(['y'.repeat(QUEUE_MAX_BYTES), 'z'])
})
