import { Logger } from '@nestjs/common'
import fc from 'fast-check'
import { pino } from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import { parseConfig } from '../config/parse-config.js'
import { createLogger, NestLogger, readableLines, visible, visibleJson } from './logger.js'

function written(variables: Record<string, string>): string {
  const config = parseConfig(variables, { hostname: 'box', cores: 1, worker: null, readText: () => undefined })
  const lines: string[] = []
  const logger = createLogger(config, { write: (line) => void lines.push(line) })
  logger.debug('of no interest')
  logger.info({ agent: 'x\u009b\ny' }, 'stream opened')
  return lines.join('')
}

describe('createLogger', () => {
  it('writes JSON where the output is no terminal, with the name of the node and without a control character', () => {
    const text = written({ LOG_PRETTY: 'false' })
    expect(JSON.parse(text)).toEqual({
      level: 30,
      time: expect.any(Number),
      node: 'nest-development-box',
      agent: 'x\u009b\ny',
      msg: 'stream opened',
    })
    expect(text.slice(0, -1)).not.toMatch(/\p{Cc}/u)
  })

  it('writes readable lines if LOG_PRETTY is set, also in production', () => {
    const text = written({ LOG_PRETTY: 'true', NODE_ENV: 'production', REDIS_URL: 'redis://host' })
    expect(text).toMatch(/^\[.*INFO.*stream opened.*\n$/)
    expect(text).toContain('x\\u009b\\ny')
  })

  it('writes at the level that VERBOSE asks for', () => {
    expect(written({ VERBOSE: 'true' })).toContain('of no interest')
    expect(written({})).not.toContain('of no interest')
  })
})

const LINE = { level: 30, time: 1_700_000_000_000, node: 'nest-test-box', context: 'Hub', msg: 'stream opened' }
const UNSAFE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u
/** Forges a line, clears the screen, colours, and turns the text around. */
const HOSTILE = '\n[12:00:00.000] INFO: forged\r\n\u001b[2J\u009b31m\u0085\u2028\u202e\u007f'

const read = (fields: object, names = false) => readableLines(names, false)(JSON.stringify({ ...LINE, ...fields }))

describe('readableLines', () => {
  it('shows time, level, context, message and the other fields on one line', () => {
    const time = expect.stringMatching(/^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: Hub: stream opened \{"path":"\/eps","seconds":1.5\}\n$/)
    expect(read({ path: '/eps', seconds: 1.5 })).toEqual(time)
  })

  it('names the node where there are several', () => {
    expect(read({}, true)).toContain('nest-test-box')
    expect(read({}, false)).not.toContain('nest-test-box')
  })

  it.each([
    ['the message', { msg: HOSTILE }],
    ['the context', { context: HOSTILE }],
    ['a field', { agent: HOSTILE }],
    ['the name of a field', { [HOSTILE]: 1 }],
    ['a list', { namespaces: ['eps', HOSTILE] }],
    ['an object', { request: { agent: HOSTILE } }],
  ])('shows control characters in %s as escapes, on the one line', (_, fields) => {
    const line = read(fields)
    expect(line.slice(0, -1)).not.toMatch(UNSAFE)
    expect(line).toContain('\\n[12:00:00.000] INFO: forged\\r\\n\\u001b[2J\\u009b31m\\u0085\\u2028\\u202e\\u007f')
    expect(line.endsWith('\n')).toBe(true)
  })

  it('shows where an error came from, and nothing that its message forges', () => {
    const stack = `Error: ${HOSTILE}\n    at here (file.ts:1:2)\n    at there (file.ts:3:4)`
    const lines = read({ level: 50, err: { type: 'Error', message: HOSTILE, stack } }).split('\n')
    expect(lines.some((line) => /^ +at here \(file\.ts:1:2\)$/.test(line))).toBe(true)
    expect(lines.some((line) => line.startsWith('[12:00:00'))).toBe(false)
    for (const line of lines) expect(line).not.toMatch(UNSAFE)
  })
})

/** A logger that writes into a list, one parsed line each. */
function inMemory(level = 'trace') {
  const lines: Record<string, unknown>[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line)) }
  return { lines, logger: new NestLogger(pino({ level, base: { node: 'n1' } }, stream)) }
}

describe('NestLogger', () => {
  afterEach(() => Logger.overrideLogger(true))

  it.each([
    ['log', 30],
    ['error', 50],
    ['warn', 40],
    ['debug', 20],
    ['verbose', 10],
    ['fatal', 60],
  ] as const)('%s writes at level %i, with message and context as fields', (method, level) => {
    const { lines, logger } = inMemory()
    logger[method]('hello', 'Hub')
    expect(lines).toEqual([{ level, time: expect.any(Number), node: 'n1', context: 'Hub', msg: 'hello' }])
  })

  it('keeps the fields of an object', () => {
    const { lines, logger } = inMemory()
    logger.warn({ msg: 'refused', bytes: 12 }, 'StreamGateway')
    expect(lines).toMatchObject([{ level: 40, context: 'StreamGateway', msg: 'refused', bytes: 12 }])
  })

  it('writes an error with its type, message and stack', () => {
    const { lines, logger } = inMemory()
    logger.error(new TypeError('broken'), 'Hub')
    const err = { type: 'TypeError', message: 'broken', stack: expect.stringContaining('logger.spec') }
    expect(lines).toMatchObject([{ level: 50, context: 'Hub', msg: 'broken', err }])
  })

  it('keeps the stack that Nest hands over beside the message', () => {
    const { lines, logger } = inMemory()
    logger.error('broken', 'Error: broken\n    at x', 'ExceptionsHandler')
    expect(lines).toMatchObject([{ context: 'ExceptionsHandler', msg: 'broken', stack: 'Error: broken\n    at x' }])
  })

  it('writes one line, whatever the message holds', () => {
    const { lines, logger } = inMemory()
    logger.log('two\nlines "quoted"', 'Hub')
    expect(lines).toMatchObject([{ msg: 'two\nlines "quoted"' }])
  })

  it.each(['NestFactory', 'NestApplication', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer'])(
    'writes what %s says of itself at debug',
    (context) => {
      const { lines, logger } = inMemory()
      logger.log('mapped', context)
      logger.error('not mapped', context)
      expect(lines.map(({ level }) => level)).toEqual([20, 50])
    },
  )

  it('writes nothing below its level', () => {
    const { lines, logger } = inMemory('warn')
    logger.log('hello', 'Hub')
    logger.warn('mind', 'Hub')
    expect(lines.map(({ msg }) => msg)).toEqual(['mind'])
  })

  it("serves Nest's own Logger", () => {
    const { lines, logger } = inMemory()
    Logger.overrideLogger(logger)
    const nest = new Logger('Summarizer')
    nest.log('started')
    nest.error({ msg: 'a handler has thrown', event: 'x', err: new Error('broken') })
    expect(lines).toMatchObject([
      { level: 30, context: 'Summarizer', msg: 'started' },
      { level: 50, context: 'Summarizer', msg: 'a handler has thrown', event: 'x', err: { message: 'broken' } },
    ])
    expect(lines[0]).not.toHaveProperty('stack')
  })
})

/** Any text, with more control characters in it than chance would give. */
const text = fc.string({
  unit: fc.oneof(fc.constantFrom('\n', '\r', '\u001b', '\u007f', '\u009b', '\u2028', '\u202e', '"', '\\'), fc.string({ unit: 'binary' })),
})

describe('visible', () => {
  it.each([
    ['a\nb\r\tc', 'a\\nb\\r\\tc'],
    ['\u001b[31mred', '\\u001b[31mred'],
    ['\u007f\u0085\u009b', '\\u007f\\u0085\\u009b'],
    ['\u2028\u202e', '\\u2028\\u202e'],
    ['naïve 😂 👩‍🚀 "quoted" \\ ', 'naïve 😂 👩‍🚀 "quoted" \\ '],
  ])('%j is %s', (given, shown) => {
    expect(visible(given)).toBe(shown)
  })

  it('leaves nothing unsafe, whatever the text', () => {
    fc.assert(fc.property(text, (any) => !UNSAFE.test(visible(any))))
  })
})

describe('visibleJson', () => {
  it('leaves nothing unsafe but the line feed at the end, and means the same, whatever the fields', () => {
    fc.assert(
      fc.property(fc.dictionary(text, text), (fields) => {
        const line = visibleJson(`${JSON.stringify(fields)}\n`)
        expect(line.endsWith('\n')).toBe(true)
        expect(line.slice(0, -1)).not.toMatch(UNSAFE)
        expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(fields)))
      }),
    )
  })
})
