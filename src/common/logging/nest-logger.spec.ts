import { Logger } from '@nestjs/common'
import { pino } from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import { NestLogger } from './nest-logger.js'

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
    const err = { type: 'TypeError', message: 'broken', stack: expect.stringContaining('nest-logger.spec') }
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
