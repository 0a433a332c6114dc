import { describe, expect, it } from 'vitest'
import { parseConfig } from '../config/parse-config.js'
import { createLogger } from './create-logger.js'

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

  it('writes what people can read where LOG_PRETTY says so, also in production', () => {
    const text = written({ LOG_PRETTY: 'true', NODE_ENV: 'production', REDIS_URL: 'redis://host' })
    expect(text).toMatch(/^\[.*INFO.*stream opened.*\n$/)
    expect(text).toContain('x\\u009b\\ny')
  })

  it('writes at the level that VERBOSE asks for', () => {
    expect(written({ VERBOSE: 'true' })).toContain('of no interest')
    expect(written({})).not.toContain('of no interest')
  })
})
