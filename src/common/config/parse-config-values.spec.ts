import { describe, expect, it } from 'vitest'
import type { AppConfig } from './app-config.js'
import { parseConfig } from './parse-config.js'

const CORES = 6
const parse = (variables: Record<string, string>) =>
  parseConfig(variables, { hostname: 'box', cores: CORES, worker: null, readText: () => undefined })
const DAY_MS = 86_400_000

/** 0 is no bound. */
const zeroOf = (bound: number) => (bound === Number.POSITIVE_INFINITY ? 0 : bound)

const NUMBERS: [name: string, read: (config: AppConfig) => number, min: number, max: number][] = [
  ['PORT', ({ port }) => port, 0, 65_535],
  ['READY_MAX_SILENCE_MS', ({ readyMaxSilenceMs }) => readyMaxSilenceMs, 3000, DAY_MS],
  ['REPORT_MS', ({ admin }) => admin.reportMs, 100, 300_000],
  ['STATUS_MAX_CONNECTIONS', ({ admin }) => admin.maxConnections, 0, 5_000],
  ['HEARTBEAT_MS', ({ streams }) => streams.heartbeatMs, 100, DAY_MS],
  ['QUEUE_MAX_BYTES', ({ streams }) => streams.queueMaxBytes, 1024, 2 ** 30],
  ['QUEUE_STALL_MS', ({ streams }) => streams.queueStallMs, 100, DAY_MS],
  ['EPS_STALL_MS', ({ streams }) => streams.epsStallMs, 100, DAY_MS],
  ['EPS_MAX_HZ', ({ streams }) => streams.epsMaxHz, 1, 60],
  ['NOTSENT_LOWAT_BYTES', ({ streams }) => streams.notsentLowatBytes, 1024, 2 ** 30],
  ['RETRY_MS', ({ renewal }) => renewal.retryMs, 1, DAY_MS],
  ['SSE_SCORE_RETRY_MS', ({ renewal }) => renewal.score.retryMs, 1, DAY_MS],
  ['SSE_DETAIL_RETRY_MS', ({ renewal }) => renewal.detail.retryMs, 1, DAY_MS],
  ['SSE_SCORE_FORCECLOSE_SEC', ({ renewal }) => renewal.score.closeMs / 1000, 1, 86_400],
  ['SSE_DETAIL_FORCECLOSE_SEC', ({ renewal }) => renewal.detail.closeMs / 1000, 1, 86_400],
  ['MAX_CONNECTION_AGE_S', ({ renewal }) => zeroOf(renewal.maxAgeMs / 1000), 0, 604_800],
  ['MAX_CONNECTIONS', ({ limits }) => zeroOf(limits.maxConnections), 0, 10_000_000],
  ['MAX_CONNECTIONS_PER_IP', ({ limits }) => zeroOf(limits.maxConnectionsPerIp), 0, 10_000_000],
  ['MAX_CONNECTS_PER_S', ({ limits }) => zeroOf(limits.maxConnectsPerS), 0, 1_000_000],
  ['LOG_CAPACITY', ({ scoreLog }) => scoreLog.capacity, 1024, 2 ** 28],
  ['MAX_IDS', ({ scoreLog }) => scoreLog.maxIds, 16, 2 ** 24],
  ['DRAIN_S', ({ shutdown }) => shutdown.drainMs / 1000, 0, 3600],
  ['SHUTDOWN_TIMEOUT_MS', ({ shutdown }) => shutdown.timeoutMs, 100, DAY_MS],
]

describe.each(NUMBERS)('%s', (name, read, min, max) => {
  it(`takes ${min} to ${max}`, () => {
    expect(read(parse({ [name]: String(min) }))).toBe(min)
    expect(read(parse({ [name]: String(max) }))).toBe(max)
  })

  it.each([String(min - 1), String(max + 1), `${min}.5`, `+${max}`, ` ${max}`, `${max} `, '1e3', '0x7f', 'many', '٣'])(
    'refuses %j',
    (text) => {
      expect(() => parse({ [name]: text })).toThrow(`${name} must be a whole number from ${min} to ${max}`)
    },
  )
})

const FLAGS: [name: string, read: (config: AppConfig) => boolean | undefined][] = [
  ['ENABLE_RAW_STREAM', ({ streams }) => streams.raw],
  ['ENABLE_KIOSK_INTERACTION_STREAM', ({ streams }) => streams.kioskInteraction],
  ['SSE_FORCE_REFRESH', ({ streams }) => streams.forceRefresh],
  ['NATIVE_SEND', ({ streams }) => streams.nativeSend],
  ['REDIS_TLS_INSECURE', ({ redis }) => redis?.tlsInsecure],
]

describe.each(FLAGS)('%s', (name, read) => {
  const REDIS_URL = 'rediss://host'

  it.each(['true', 't', 'yes', 'y', '1', 'on', 'TRUE', 'True', 'T', 'Yes', 'Y', 'oN'])('takes %s for true', (text) => {
    expect(read(parse({ REDIS_URL, [name]: text }))).toBe(true)
  })

  it.each(['false', 'f', 'no', 'n', '0', 'off', 'FALSE', 'False', 'F', 'No', 'N', 'oFF'])('takes %s for false', (text) => {
    expect(read(parse({ REDIS_URL, [name]: text }))).toBe(false)
  })

  it.each(['2', 'ja', 'enabled', ' true', 'null', '-1'])('refuses %j', (text) => {
    expect(() => parse({ [name]: text })).toThrow(`${name} must be true or false`)
  })
})

describe('WORKERS', () => {
  it('takes a number, or auto for one per core', () => {
    expect(parse({ WORKERS: '1' }).workers).toBe(1)
    expect(parse({ WORKERS: '256' }).workers).toBe(256)
    expect(parse({ WORKERS: 'auto' }).workers).toBe(CORES)
  })

  it.each(['0', '257', '-1', '1.5', 'all', 'AUTO'])('refuses %s', (WORKERS) => {
    expect(() => parse({ WORKERS })).toThrow('WORKERS must be auto or a whole number from 1 to 256')
  })
})

describe('REFUSE_RETRY_MS', () => {
  it.each([
    ['5000-60000', 5000, 60_000],
    ['1-1', 1, 1],
    ['1-86400000', 1, DAY_MS],
  ])('takes %s', (REFUSE_RETRY_MS, min, max) => {
    expect(parse({ REFUSE_RETRY_MS }).limits.refuseRetryMs).toEqual({ min, max })
  })

  it.each(['5000', '5000-', '-5000', '0-10', '10-9', '1-86400001', '1-2-3', '1 - 2', '1.5-2', 'a-b'])('refuses %j', (REFUSE_RETRY_MS) => {
    const cure = 'REFUSE_RETRY_MS must be two whole numbers from 1 to 86400000, the lower one first, such as 5000-60000'
    expect(() => parse({ REFUSE_RETRY_MS })).toThrow(cure)
  })
})

describe.each<[name: string, values: [string, string], read: (config: AppConfig) => string]>([
  ['READY_REQUIRES_REDIS', ['start', 'always'], ({ readyRequiresRedis }) => readyRequiresRedis],
  ['DRAIN_REFUSE', ['close', 'retry'], ({ shutdown }) => shutdown.refusal],
])('%s', (name, values, read) => {
  it('takes its two words, and is the first of them by default', () => {
    expect([...values.map((value) => read(parse({ [name]: value }))), read(parse({}))]).toEqual([...values, values[0]])
  })

  it('refuses any other', () => {
    expect(() => parse({ [name]: 'never' })).toThrow(`${name} must be ${values.join(' or ')}`)
  })
})

describe('LOG_LEVEL', () => {
  it.each(['INFO', 'verbose', '30'])('refuses %s', (LOG_LEVEL) => {
    expect(() => parse({ LOG_LEVEL })).toThrow('LOG_LEVEL must be fatal, error, warn, info, debug, trace or silent')
  })
})

describe('CORS_ORIGINS', () => {
  it.each([
    '*,https://a.example',
    'https://a.example,*',
    'a.example',
    'https://a.example/',
    'https://a.example/path',
    'https://a.example,',
    'https://*.a.example/',
    'null',
  ])('refuses %s', (CORS_ORIGINS) => {
    expect(() => parse({ CORS_ORIGINS })).toThrow('CORS_ORIGINS must be * or a comma-separated list of origins')
  })
})
