import { isIP } from 'node:net'
import proxyAddr from '@fastify/proxy-addr'
import { z } from 'zod'
import { AppError } from '../platform/errors.js'
import type { AppConfig } from './app-config.js'
import { envSchema } from './env.schema.js'
import { graphiteConfig } from './graphite-config.js'

/** The resource limits of this process on Linux, proc(5). */
const LIMITS_OF_PROCESS = '/proc/self/limits'

/** The environments without the protections of all others. A misspelt `production` must not open a node. */
const UNPROTECTED = new Set(['development', 'test'])

/** The machine's part of the configuration. As a parameter it keeps the parser pure. */
export interface Machine {
  readonly hostname: string
  /** The number of threads that can run in parallel. */
  readonly cores: number
  /** This worker's number; null if this process is no worker. */
  readonly worker: number | null
  /** The contents of a text file, or undefined if it can't be read. */
  readonly readText: (path: string) => string | undefined
}

/**
 * Environment variables → configuration. An empty variable counts as unset.
 * @throws AppError ERR_CONFIG: one message that names every invalid variable with its cure, but no value.
 */
export function parseConfig(variables: Readonly<Record<string, string | undefined>>, machine: Machine): AppConfig {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined && value !== ''))
  const parsed = schemaOf(machine).safeParse(given)
  const problems = parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`)
  const environment = given['NODE_ENV'] ?? given['GO_ENV'] ?? given['RACK_ENV'] ?? 'development'
  const isProtected = !UNPROTECTED.has(environment.toLowerCase())
  if (isProtected && given['REDIS_URL'] === undefined)
    problems.push(`REDIS_URL must be set in ${environment} (the demo feed is for NODE_ENV=development and test only)`)
  if (!parsed.success) throw invalid(problems)

  const config = assemble(parsed.data, { ...machine, environment, isProtected })
  if (config.shutdown.drainMs >= config.shutdown.timeoutMs) {
    const { drainMs, timeoutMs } = config.shutdown
    problems.push(`SHUTDOWN_TIMEOUT_MS (${timeoutMs}) must be above DRAIN_S (${drainMs / 1000} s): raise the one or lower the other`)
  }
  if (problems.length > 0) throw invalid(problems)
  return config
}

/** The schema, with the two types that depend on files or on packages. Without them it is pure. */
const schemaOf = ({ readText }: Machine) =>
  envSchema.extend({ REDIS_TLS_CA: certificate(readText).optional(), TRUST_PROXY: proxies.optional() })

type Env = z.infer<ReturnType<typeof schemaOf>>

interface Surroundings extends Machine {
  readonly environment: string
  readonly isProtected: boolean
}

function assemble(env: Env, { environment, isProtected, hostname, cores, worker, readText }: Surroundings): AppConfig {
  const descriptors = descriptorsOf(readText(LIMITS_OF_PROCESS))
  const drainMs = (env.DRAIN_S ?? (isProtected ? 20 : 0)) * 1000
  return Object.freeze({
    isProtected,
    nodeName: `nest-${environment}-${env.NODE_NAME ?? env.DYNO ?? hostname}${worker === null ? '' : `-worker.${worker}`}`,
    host: env.HOST,
    port: env.PORT,
    keepAliveMs: env.KEEPALIVE_MS,
    logLevel: env.LOG_LEVEL ?? (env.VERBOSE ? 'debug' : 'info'),
    logPretty: env.LOG_PRETTY ?? null,
    workers: env.WORKERS === 'auto' ? cores : env.WORKERS,
    worker,
    workerTimeoutMs: boundOf(env.WORKER_TIMEOUT_S * 1000),
    redis:
      env.REDIS_URL === undefined
        ? null
        : Object.freeze({ url: env.REDIS_URL, tlsCa: env.REDIS_TLS_CA, tlsInsecure: env.REDIS_TLS_INSECURE }),
    readyMaxSilenceMs: env.READY_MAX_SILENCE_MS,
    readyRequiresRedis: env.READY_REQUIRES_REDIS,
    // Only Heroku's routers, which have private addresses, can connect to a dyno.
    trustedProxies: Object.freeze(env.TRUST_PROXY ?? (env.DYNO === undefined ? [] : ['uniquelocal'])),
    admin: Object.freeze({
      token: env.ADMIN_TOKEN,
      isPublic: env.ADMIN_PUBLIC,
      reportMs: env.REPORT_MS,
      maxConnections: env.STATUS_MAX_CONNECTIONS,
    }),
    plugins: Object.freeze(env.STREAMER_MODULES),
    streams: Object.freeze({
      raw: env.ENABLE_RAW_STREAM,
      kioskInteraction: env.ENABLE_KIOSK_INTERACTION_STREAM,
      forceRefresh: env.SSE_FORCE_REFRESH,
      corsOrigins: Object.freeze(env.CORS_ORIGINS),
      heartbeatMs: env.HEARTBEAT_MS,
      queueMaxBytes: env.QUEUE_MAX_BYTES,
      queueStallMs: env.QUEUE_STALL_MS,
      messageLogBytes: env.MESSAGE_LOG_BYTES,
      detailHistoryBytes: env.DETAIL_HISTORY_BYTES,
      epsMaxHz: env.EPS_MAX_HZ,
      epsStallMs: env.EPS_STALL_MS,
      nativeSend: env.NATIVE_SEND,
      notsentLowatBytes: env.NOTSENT_LOWAT_BYTES,
      ackTimeoutMs: env.ACK_TIMEOUT_MS,
    }),
    renewal: Object.freeze({
      retryMs: env.RETRY_MS,
      score: Object.freeze({ retryMs: env.SSE_SCORE_RETRY_MS, closeMs: env.SSE_SCORE_FORCECLOSE_SEC * 1000 }),
      detail: Object.freeze({ retryMs: env.SSE_DETAIL_RETRY_MS, closeMs: env.SSE_DETAIL_FORCECLOSE_SEC * 1000 }),
      maxAgeMs: boundOf(env.MAX_CONNECTION_AGE_S * 1000),
    }),
    limits: Object.freeze({
      maxConnections: boundOf(env.MAX_CONNECTIONS ?? 0),
      maxConnectionsHere: streamsThatFit(descriptors),
      maxConnectionsPerIp: boundOf(env.MAX_CONNECTIONS_PER_IP),
      maxConnectsPerS: boundOf(env.MAX_CONNECTS_PER_S),
      refuseRetryMs: Object.freeze(env.REFUSE_RETRY_MS),
    }),
    connections: Object.freeze({ maxHere: connectionsThatFit(descriptors), answerStallMs: env.ANSWER_STALL_MS }),
    scoreLog: Object.freeze({ capacity: env.LOG_CAPACITY, maxIds: env.MAX_IDS }),
    positions: Object.freeze({ auditMs: boundOf(env.AUDIT_MS), maxIds: env.CUT_MAX_IDS, heal: env.HEAL }),
    graphite: Object.freeze(graphiteConfig(env, { hostname, worker, isProtected })),
    shutdown: Object.freeze({ drainMs, timeoutMs: env.SHUTDOWN_TIMEOUT_MS ?? drainMs + 5000, refusal: env.DRAIN_REFUSE }),
  })
}

/** The bound of a variable in which 0 means none. */
const boundOf = (value: number) => (value === 0 ? Number.POSITIVE_INFINITY : value)

/** A PEM certificate, or the path of a file that holds one. */
const certificate = (readText: Machine['readText']) =>
  z
    .string()
    // Some hosts can't hold line breaks in a variable.
    .transform((text) => (text.includes('-----BEGIN') ? text.replaceAll('\\n', '\n') : readText(text)) ?? '')
    .refine((pem) => pem.includes('-----BEGIN CERTIFICATE-----'), 'must be a PEM certificate or the path of a readable file that holds one')

const NAMED_RANGES = new Set(['loopback', 'linklocal', 'uniquelocal'])

/** A list of proxies. A word or a number that would trust every peer is an error. */
const proxies = z
  .string()
  .transform((text) => text.split(',').map((entry) => entry.trim()))
  .refine(
    (entries) => entries.every((entry) => NAMED_RANGES.has(entry) || isAddressRange(entry)),
    'must be a comma-separated list of the addresses or CIDR ranges of your proxies, loopback, linklocal or uniquelocal ' +
      '(true and numbers are refused: a client could make up its address)',
  )

/** proxy-addr alone would read a number as an address, as old C libraries do. */
function isAddressRange(entry: string): boolean {
  if (isIP(entry.split('/')[0] ?? '') === 0) return false
  try {
    proxyAddr.compile(entry)
    return true
  } catch {
    return false
  }
}

const invalid = (problems: readonly string[]) => new AppError('ERR_CONFIG', `invalid configuration: ${problems.join('; ')}`)

/** The descriptors that no connection takes: Redis, the listening socket, files, reports. */
const OWN = 128
/** The descriptors that no stream takes: our own, and as many for health checks, pages, requests that are answered or refused. */
const RESERVE = 2 * OWN

/**
 * The number of file descriptors that this process may have: its soft limit. Infinity if that is unknown. (Node raises its soft limit to
 * the hard one when it starts.)
 * @param limits the contents of /proc/self/limits, proc(5)
 */
export function descriptorsOf(limits: string | undefined): number {
  const [, soft] = /^Max open files\s+(\d+)\s/m.exec(limits ?? '') ?? []
  return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft)
}

/** The number of connections, with and without a stream, that leaves a process 128 descriptors. */
export const connectionsThatFit = (descriptors: number): number => Math.max(2, descriptors - OWN)

/** The number of streams that leaves a process 256 descriptors; below 512, half of the connections. */
export const streamsThatFit = (descriptors: number): number =>
  Math.max(descriptors - RESERVE, Math.floor(connectionsThatFit(descriptors) / 2))
