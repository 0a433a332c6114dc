import { describe, expect, it } from 'vitest'
import { type Machine, parseConfig } from './parse-config.js'

const machine: Machine = { hostname: 'box', cores: 2, worker: null, readText: () => undefined }
const parse = (variables: Record<string, string | undefined> = {}) => parseConfig(variables, machine)

const DEFAULTS = {
  isProtected: false,
  nodeName: 'nest-development-box',
  host: undefined,
  port: 8001,
  keepAliveMs: 95_000,
  logLevel: 'info',
  logPretty: null,
  workers: 1,
  workerTimeoutMs: 20_000,
  worker: null,
  redis: null,
  readyMaxSilenceMs: 10_000,
  readyRequiresRedis: 'start',
  trustedProxies: [],
  admin: { token: undefined, isPublic: false, reportMs: 5000, maxConnections: 1000 },
  plugins: [],
  streams: {
    raw: true,
    kioskInteraction: false,
    forceRefresh: false,
    corsOrigins: ['*'],
    heartbeatMs: 15_000,
    queueMaxBytes: 1_048_576,
    queueStallMs: 10_000,
    messageLogBytes: 67_108_864,
    detailHistoryBytes: 8_388_608,
    epsMaxHz: 60,
    epsStallMs: 300_000,
    nativeSend: true,
    notsentLowatBytes: 16_384,
    ackTimeoutMs: 40_000,
  },
  renewal: {
    retryMs: 3000,
    score: { retryMs: 100, closeMs: 300_000 },
    detail: { retryMs: 500, closeMs: 300_000 },
    maxAgeMs: Number.POSITIVE_INFINITY,
  },
  limits: {
    maxConnections: Number.POSITIVE_INFINITY,
    maxConnectionsHere: Number.POSITIVE_INFINITY,
    maxConnectionsPerIp: Number.POSITIVE_INFINITY,
    maxConnectsPerS: Number.POSITIVE_INFINITY,
    refuseRetryMs: { min: 5000, max: 60_000 },
  },
  connections: { maxHere: Number.POSITIVE_INFINITY, answerStallMs: 30_000 },
  scoreLog: { capacity: 1_048_576, maxIds: 65_536 },
  positions: { auditMs: 300_000, maxIds: 100_000, heal: true },
  graphite: null,
  shutdown: { drainMs: 0, timeoutMs: 5000, refusal: 'close' },
}

describe('parseConfig', () => {
  it('has a default for everything', () => {
    expect(parse()).toEqual(DEFAULTS)
  })

  it('takes an empty variable for unset', () => {
    const names =
      'NODE_ENV GO_ENV RACK_ENV HOST PORT NODE_NAME DYNO LOG_LEVEL REDIS_URL REDIS_TLS_CA REDIS_TLS_INSECURE ' +
      'CORS_ORIGINS DRAIN_S GRAPHITE_URL GRAPHITE_PREFIX HOSTEDGRAPHITE_APIKEY'
    const empty = Object.fromEntries([...names.split(' '), 'ENABLE_RAW_STREAM', 'MAX_IDS'].map((name) => [name, '']))
    expect(parse(empty)).toEqual(DEFAULTS)
  })

  it('ignores variables of other programs', () => {
    expect(parse({ PATH: '/bin', HOME: '/root', PORTS: 'none' })).toEqual(DEFAULTS)
  })

  it('is frozen through and through', () => {
    const config = parse({ REDIS_URL: 'redis://host', GRAPHITE_URL: 'tcp://host' })
    const { redis, trustedProxies, admin, streams, renewal, limits, scoreLog, positions, graphite, shutdown } = config
    const parts: unknown[] = [
      config,
      redis,
      trustedProxies,
      admin,
      streams,
      streams.corsOrigins,
      renewal,
      renewal.score,
      renewal.detail,
      limits,
    ]
    parts.push(limits.refuseRetryMs, scoreLog, positions, graphite, shutdown)
    expect(parts.map((part) => Object.isFrozen(part))).toEqual(parts.map(() => true))
  })

  it('takes the address to listen on from HOST', () => {
    expect(parse({ HOST: '127.0.0.1' }).host).toBe('127.0.0.1')
  })

  describe('the environment', () => {
    it.each([
      ['NODE_ENV', { NODE_ENV: 'a', GO_ENV: 'b', RACK_ENV: 'c' }, 'a'],
      ['GO_ENV where NODE_ENV is unset', { GO_ENV: 'b', RACK_ENV: 'c' }, 'b'],
      ['GO_ENV where NODE_ENV is empty', { NODE_ENV: '', GO_ENV: 'b', RACK_ENV: 'c' }, 'b'],
      ['RACK_ENV where it is alone', { RACK_ENV: 'c' }, 'c'],
    ])('comes from %s', (_, variables, environment) => {
      expect(parse({ ...variables, REDIS_URL: 'redis://host' }).nodeName).toBe(`nest-${environment}-box`)
    })

    it.each([
      ['production', true],
      ['staging', true],
      ['Production', true],
      ['prod', true],
      ['qa', true],
      ['developer', true],
      ['development ', true],
      ['development', false],
      ['Development', false],
      ['test', false],
      ['TEST', false],
    ])('%s: protected %s', (environment, isProtected) => {
      expect(parse({ GO_ENV: environment, REDIS_URL: 'redis://host' }).isProtected).toBe(isProtected)
    })

    it.each(['production', 'staging', 'prod'])('in %s streams are drained over 20 s, unless DRAIN_S says otherwise', (NODE_ENV) => {
      const variables = { NODE_ENV, REDIS_URL: 'redis://host' }
      expect(parse(variables).shutdown).toMatchObject({ drainMs: 20_000, timeoutMs: 25_000 })
      expect(parse({ ...variables, DRAIN_S: '0' }).shutdown).toMatchObject({ drainMs: 0, timeoutMs: 5000 })
      expect(parse({ ...variables, DRAIN_S: '60' }).shutdown).toMatchObject({ drainMs: 60_000, timeoutMs: 65_000 })
    })
  })

  describe('the node name', () => {
    it.each([
      ['NODE_NAME', { NODE_NAME: 'mine', DYNO: 'web.1' }, 'nest-development-mine'],
      ['DYNO', { DYNO: 'web.1', RACK_ENV: 'test' }, 'nest-test-web.1'],
      ['the host name', {}, 'nest-development-box'],
    ])('ends in %s', (_, variables, nodeName) => {
      expect(parse(variables).nodeName).toBe(nodeName)
    })

    it('distinguishes the workers of a machine', () => {
      expect(parseConfig({}, { ...machine, worker: 3 })).toMatchObject({ nodeName: 'nest-development-box-worker.3', worker: 3 })
    })
  })

  it.each(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])('takes the log level %s', (LOG_LEVEL) => {
    expect(parse({ LOG_LEVEL }).logLevel).toBe(LOG_LEVEL)
  })

  it('bounds the streams and the connections of a process by its descriptors, whatever MAX_CONNECTIONS is', () => {
    const readText = (path: string) => (path === '/proc/self/limits' ? 'Max open files  1000  4096  files\n' : undefined)
    const limitsOf = (variables: Record<string, string>) => parseConfig(variables, { ...machine, readText }).limits
    expect(parseConfig({}, { ...machine, readText }).connections.maxHere).toBe(872)
    expect(limitsOf({})).toMatchObject({ maxConnectionsHere: 744, maxConnections: Number.POSITIVE_INFINITY })
    expect(limitsOf({ MAX_CONNECTIONS: '5000' })).toMatchObject({ maxConnectionsHere: 744, maxConnections: 5000 })
    expect(limitsOf({ MAX_CONNECTIONS: '0' })).toMatchObject({ maxConnectionsHere: 744, maxConnections: Number.POSITIVE_INFINITY })
  })

  it('takes VERBOSE for the log level debug, where LOG_LEVEL says nothing else', () => {
    expect(parse({ VERBOSE: 'true' }).logLevel).toBe('debug')
    expect(parse({ VERBOSE: 'false' }).logLevel).toBe('info')
    expect(parse({ VERBOSE: 'true', LOG_LEVEL: 'warn' }).logLevel).toBe('warn')
  })

  it('takes from LOG_PRETTY whether logs are readable whatever the output is', () => {
    expect(['true', 'off', ''].map((LOG_PRETTY) => parse({ LOG_PRETTY }).logPretty)).toEqual([true, false, null])
  })

  it('reports to Graphite under the name of this worker', () => {
    const { graphite } = parseConfig({ GRAPHITE_URL: 'udp://host', GRAPHITE_MS: '1000', DYNO: 'web.1' }, { ...machine, worker: 2 })
    expect(graphite).toEqual({ protocol: 'udp', host: 'host', port: 2003, path: 'emojitrack.web.1.worker-2', periodMs: 1000 })
  })

  it('takes a list of CORS origins, with spaces around the commas', () => {
    const { corsOrigins } = parse({ CORS_ORIGINS: 'https://a.example , http://localhost:3000' }).streams
    expect(corsOrigins).toEqual(['https://a.example', 'http://localhost:3000'])
  })
})
