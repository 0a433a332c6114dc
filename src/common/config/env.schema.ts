import { z } from 'zod'
import { parseGraphiteUrl } from './graphite-config.js'

/**
 * The environment variables, one entry each: type, bounds, default. Units stand in the name (`_MS`, `_S`, `_BYTES`).
 * Every message names the cure and never the value, which may be a secret.
 */

const TRUE = new Set(['true', 't', 'yes', 'y', '1', 'on'])
const FALSE = new Set(['false', 'f', 'no', 'n', '0', 'off'])

const choice = z
  .string()
  .toLowerCase()
  .refine((text) => TRUE.has(text) || FALSE.has(text), 'must be true or false (also t/f, yes/no, y/n, 1/0, on/off)')
  .transform((text) => TRUE.has(text))

const flag = (fallback: boolean) => choice.default(fallback)

const whole = (fallback: number, min: number, max: number) => wholeWithin(min, max).default(fallback)

const wholeWithin = (min: number, max: number) =>
  z
    .string()
    .refine((text) => /^\d{1,15}$/.test(text) && Number(text) >= min && Number(text) <= max, `must be a whole number from ${min} to ${max}`)
    .transform(Number)

const DAY_MS = 86_400_000
const DAY_S = 86_400

const isRange = (text: string) => {
  const [min, max, ...rest] = text.split('-')
  return rest.length === 0 && [min, max].every((part) => /^\d{1,8}$/.test(part ?? '')) && Number(min) >= 1 && Number(min) <= Number(max)
}

/** `min-max`, both included. */
const range = (fallback: { readonly min: number; readonly max: number }, max: number) =>
  z
    .string()
    .refine(
      (text) => isRange(text) && Number(text.split('-')[1]) <= max,
      `must be two whole numbers from 1 to ${max}, the lower one first, such as ${fallback.min}-${fallback.max}`,
    )
    .transform((text) => {
      const [low, high] = text.split('-').map(Number)
      return { min: low ?? fallback.min, max: high ?? fallback.max }
    })
    .default(fallback)

const isRedisUrl = (text: string) => {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, pathname, search, hash, username, password } = new URL(text)
  // A question mark or hash that belongs to a password would end it, and the rest would be read as a query.
  const isPlain = !`${search}${hash}`.includes('@') && isDecodable(username) && isDecodable(password)
  return isPlain && /^rediss?:$/.test(protocol) && hostname !== '' && /^(\/\d{0,4})?$/.test(pathname)
}

/** False where a percent sign of a password wasn't encoded. */
const isDecodable = (text: string) => {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

const isOrigin = (text: string) => URL.canParse(text) && new URL(text).origin === text

const redisUrl = z
  .string()
  .refine(
    isRedisUrl,
    'must look like redis://[user]:[password]@host:6379/0 or rediss://… (percent-encode special characters of the password)',
  )

export const envSchema = z.object({
  NODE_ENV: z.string().optional(),
  GO_ENV: z.string().optional(),
  RACK_ENV: z.string().optional(),
  HOST: z.string().optional(),
  PORT: whole(8001, 0, 65_535),
  NODE_NAME: z.string().optional(),
  DYNO: z.string().optional(),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'must be fatal, error, warn, info, debug, trace or silent')
    .optional(),
  VERBOSE: flag(false),
  LOG_PRETTY: choice.optional(),

  WORKERS: z.union([z.literal('auto'), wholeWithin(1, 256)], 'must be auto or a whole number from 1 to 256').default(1),

  REDIS_URL: redisUrl.optional(),
  REDIS_TLS_CA: z.string().optional(),
  REDIS_TLS_INSECURE: flag(false),
  READY_MAX_SILENCE_MS: whole(10_000, 3_000, DAY_MS),

  TRUST_PROXY: z.string().optional(),
  ADMIN_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]{16,}$/, 'must be at least 16 visible ASCII characters without spaces (such as `openssl rand -hex 32` makes)')
    .optional(),
  ADMIN_PUBLIC: flag(false),
  REPORT_MS: whole(5_000, 100, 300_000),
  STATUS_MAX_CONNECTIONS: whole(1_000, 0, 5_000),

  STREAMER_MODULES: z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
    )
    .default([]),

  ENABLE_RAW_STREAM: flag(true),
  ENABLE_KIOSK_INTERACTION_STREAM: flag(false),
  SSE_FORCE_REFRESH: flag(false),
  SSE_SCORE_RETRY_MS: whole(100, 1, DAY_MS),
  SSE_DETAIL_RETRY_MS: whole(500, 1, DAY_MS),
  SSE_SCORE_FORCECLOSE_SEC: whole(300, 1, DAY_S),
  SSE_DETAIL_FORCECLOSE_SEC: whole(300, 1, DAY_S),
  MAX_CONNECTION_AGE_S: whole(0, 0, 7 * DAY_S),
  CORS_ORIGINS: z
    .string()
    .transform((text) => text.split(',').map((origin) => origin.trim()))
    .refine(
      (origins) => origins.every((origin) => (origin === '*' ? origins.length === 1 : isOrigin(origin))),
      'must be * or a comma-separated list of origins such as https://example.com (scheme and host, no path)',
    )
    .default(['*']),
  HEARTBEAT_MS: whole(15_000, 100, DAY_MS),
  QUEUE_MAX_BYTES: whole(1_048_576, 1024, 1_073_741_824),
  QUEUE_STALL_MS: whole(10_000, 100, DAY_MS),
  EPS_STALL_MS: whole(300_000, 100, DAY_MS),
  NATIVE_SEND: flag(true),
  NOTSENT_LOWAT_BYTES: whole(16_384, 1024, 1_073_741_824),

  MAX_CONNECTIONS: wholeWithin(0, 10_000_000).optional(),
  MAX_CONNECTIONS_PER_IP: whole(0, 0, 10_000_000),
  MAX_CONNECTS_PER_S: whole(0, 0, 1_000_000),
  REFUSE_RETRY_MS: range({ min: 5000, max: 60_000 }, DAY_MS),

  LOG_CAPACITY: whole(1_048_576, 1024, 268_435_456),
  MAX_IDS: whole(65_536, 16, 16_777_216),

  GRAPHITE_URL: z
    .string()
    .refine((text) => parseGraphiteUrl(text) !== null, 'must look like tcp://host:2003 or udp://host:2003')
    .optional(),
  GRAPHITE_PREFIX: z.string().optional(),
  HOSTEDGRAPHITE_APIKEY: z.string().optional(),
  GRAPHITE_MS: whole(10_000, 1000, DAY_MS),

  DRAIN_S: wholeWithin(0, 3600).optional(),
  SHUTDOWN_TIMEOUT_MS: wholeWithin(100, DAY_MS).optional(),
})

export type Env = z.infer<typeof envSchema>
