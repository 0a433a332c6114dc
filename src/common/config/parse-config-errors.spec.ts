import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AppError } from '../platform/errors.js'
import { parseConfig } from './parse-config.js'

function refusal(variables: Record<string, string>): AppError {
  try {
    parseConfig(variables, { hostname: 'box', cores: 2, worker: null, readText: () => undefined })
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error('parseConfig has taken the variables')
}

/** One bad value for each variable that is checked. */
const BAD = {
  PORT: '-1',
  LOG_LEVEL: 'loud',
  VERBOSE: 'maybe',
  LOG_PRETTY: 'maybe',
  WORKERS: 'many',
  REDIS_URL: 'http://host',
  REDIS_TLS_CA: '/nowhere',
  REDIS_TLS_INSECURE: 'maybe',
  READY_MAX_SILENCE_MS: '1',
  TRUST_PROXY: 'true',
  ADMIN_TOKEN: 'short',
  ADMIN_PUBLIC: 'maybe',
  REPORT_MS: '1',
  STATUS_MAX_CONNECTIONS: 'all',
  ENABLE_RAW_STREAM: 'maybe',
  ENABLE_KIOSK_INTERACTION_STREAM: 'maybe',
  SSE_FORCE_REFRESH: 'maybe',
  SSE_SCORE_RETRY_MS: '0',
  SSE_DETAIL_RETRY_MS: '0',
  SSE_SCORE_FORCECLOSE_SEC: '0',
  SSE_DETAIL_FORCECLOSE_SEC: '0',
  MAX_CONNECTION_AGE_S: '-1',
  MAX_CONNECTIONS: '-1',
  MAX_CONNECTIONS_PER_IP: '-1',
  MAX_CONNECTS_PER_S: '-1',
  REFUSE_RETRY_MS: '60000-5000',
  CORS_ORIGINS: 'everywhere',
  HEARTBEAT_MS: '1',
  QUEUE_MAX_BYTES: '1',
  QUEUE_STALL_MS: '1',
  EPS_STALL_MS: '1',
  EPS_MAX_HZ: '0',
  NATIVE_SEND: 'maybe',
  NOTSENT_LOWAT_BYTES: '1',
  LOG_CAPACITY: '1',
  MAX_IDS: '1',
  GRAPHITE_URL: 'http://host',
  GRAPHITE_MS: '1',
  DRAIN_S: '-1',
  SHUTDOWN_TIMEOUT_MS: '1',
}

describe('an invalid configuration', () => {
  it('has a code of its own', () => {
    expect(refusal({ PORT: 'x' }).code).toBe('ERR_CONFIG')
  })

  it('is reported in one line that names every variable at fault, once', () => {
    const { message } = refusal(BAD)
    expect(message).not.toMatch(/[\r\n]/)
    const problems = message.replace('invalid configuration: ', '').split('; ')
    expect(problems.map((problem) => problem.split(' ')[0]).sort()).toEqual(Object.keys(BAD).sort())
  })

  it('does not name valid variables', () => {
    const { message } = refusal({ ...BAD, PORT: '8001' })
    expect(message).not.toMatch(/\bPORT\b/)
  })

  it('names a missing REDIS_URL beside the rest', () => {
    const { message } = refusal({ NODE_ENV: 'production', PORT: 'x', REDIS_TLS_CA: '/nowhere' })
    for (const name of ['REDIS_URL', 'PORT', 'REDIS_TLS_CA']) expect(message).toContain(`${name} must`)
  })

  it('states both numbers where the process would end before its streams are drained', () => {
    const cure = 'SHUTDOWN_TIMEOUT_MS (10000) must be above DRAIN_S (10 s): raise the one or lower the other'
    expect(refusal({ DRAIN_S: '10', SHUTDOWN_TIMEOUT_MS: '10000' }).message).toBe(`invalid configuration: ${cure}`)
    expect(() =>
      parseConfig({ DRAIN_S: '10', SHUTDOWN_TIMEOUT_MS: '10001' }, { hostname: 'box', cores: 2, worker: null, readText: () => undefined }),
    ).not.toThrow()
  })

  it('holds the default drain of production against SHUTDOWN_TIMEOUT_MS', () => {
    const { message } = refusal({ NODE_ENV: 'production', SHUTDOWN_TIMEOUT_MS: '5000' })
    expect(message).toContain('SHUTDOWN_TIMEOUT_MS (5000) must be above DRAIN_S (20 s)')
    expect(message).toContain('REDIS_URL must be set in production')
  })

  // Too short for a token, where it would be right.
  const secrets = fc.stringMatching(/^xX[A-Za-z0-9!$&*?#/%:-]{10,13}$/)

  it('never shows a password, however the URL is misshapen', () => {
    const shapes: ((secret: string) => string)[] = [
      (secret) => `http://:${secret}@host`,
      (secret) => `redis://:${secret}@`,
      (secret) => `redis:${secret}`,
      (secret) => `user:${secret}@host`,
      (secret) => `redis://user:${secret}@host:port`,
      (secret) => `redis://user:${secret}@host/cache`,
    ]
    fc.assert(
      fc.property(secrets, fc.constantFrom(...shapes), (secret, shape) => {
        const error = refusal({ REDIS_URL: shape(secret) })
        expect(error.message).toContain('REDIS_URL')
        expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain(secret)
      }),
    )
  })

  it('never shows a value that was put into the wrong variable', () => {
    // Anything may be the name of a module.
    const picky = Object.keys(BAD).filter((name) => name !== 'STREAMER_MODULES')
    fc.assert(
      fc.property(secrets, (secret) => {
        const error = refusal(Object.fromEntries(picky.map((name) => [name, secret])))
        for (const name of picky) expect(error.message).toContain(`${name} must`)
        expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain(secret)
      }),
    )
  })
})
