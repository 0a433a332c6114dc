import { z } from 'zod'
import {
  boolean,
  DAY_MS,
  DAY_S,
  graphiteUrl,
  integer,
  integerRange,
  moduleNames,
  oneOf,
  optionalBoolean,
  optionalInteger,
  origins,
  redisUrl,
} from './env-types.js'

/**
 * The environment variables, by group: type, bounds, default, and what each means. docs/configuration.md and .env.example are made from
 * this (`npm run docs:config`). Units stand in the name (`_MS`, `_S`, `_BYTES`).
 */
export const envGroups = {
  'The node': {
    NODE_ENV: z.string().optional().meta({
      description:
        'Environment. `production` and `staging` require REDIS_URL, drain for 20 s and hide who is connected; any other name is fine.',
      fallback: 'GO_ENV, else RACK_ENV, else `development`',
      example: 'development',
    }),
    GO_ENV: z.string().optional().describe('What NODE_ENV falls back to.'),
    RACK_ENV: z.string().optional().describe('What GO_ENV falls back to.'),
    HOST: z.string().optional().meta({
      description: 'Address to listen on.',
      fallback: 'all addresses (`::`, or `0.0.0.0` on a machine without IPv6)',
      example: '127.0.0.1',
    }),
    PORT: integer(8001, 0, 65_535).describe('TCP port; 0 takes a free one.'),
    NODE_NAME: z.string().optional().meta({
      description: "Last part of the node's name in reports, `nest-<environment>-<name>`.",
      fallback: 'DYNO, else the host name',
      example: 'web.1',
    }),
    DYNO: z
      .string()
      .optional()
      .describe('What NODE_NAME falls back to; Heroku sets it. Where it is set, TRUST_PROXY is `uniquelocal` by default.'),
    WORKERS: z
      .union([z.literal('auto'), optionalInteger(1, 256)], 'must be auto or a whole number from 1 to 256')
      .meta({ kind: '`auto`, or a whole number from 1 to 256' })
      .default(1)
      .describe(
        'How many processes serve; `auto` is one per processor. With 1 this process serves itself; with more it supervises them, and their names end in `-worker.<n>`.',
      ),
    LOG_LEVEL: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).optional().meta({
      description: 'How much the log tells. `debug` tells of every stream that opens and closes, every HEAD and every cleanup.',
      fallback: '`info`',
      example: 'info',
    }),
    VERBOSE: boolean(false).describe('True means LOG_LEVEL=debug where that is not set.'),
    LOG_PRETTY: optionalBoolean.optional().meta({
      description: 'Logs to read, instead of JSON lines; both go to standard output.',
      fallback: '`true` in a terminal outside production and staging, else `false`',
      example: 'false',
    }),
  },
  Redis: {
    REDIS_URL: redisUrl.optional().meta({
      description:
        '`redis://[user]:[password]@host:port` or `rediss://…`; percent-encode special characters of the password. A database (`…/3`) is that of the report and of the scores; messages have none. A query string is ignored. Without it an in-process demo feed runs.',
      example: 'redis://localhost:6379',
    }),
    REDIS_TLS_CA: z.string().optional().meta({
      description:
        "PEM of the authority that signed Redis' certificate, where `\\n` may stand for a line break, or the path of a file that holds it.",
      example: '/etc/ssl/redis-ca.pem',
    }),
    REDIS_TLS_INSECURE: boolean(false).describe('Accept any certificate from Redis.'),
    READY_MAX_SILENCE_MS: integer(10_000, 3_000, DAY_MS).describe('Readiness goes down when Redis was not heard for this long.'),
  },
  'Who asks, and who may see what': {
    TRUST_PROXY: z.string().optional().meta({
      kind: 'comma-separated list',
      description:
        "Proxies whose word on the client's address counts (X-Forwarded-For, or else X-Real-IP): addresses and CIDR ranges, `loopback`, `linklocal`, `uniquelocal`. `true` and numbers are refused, since a client could then make up its address.",
      fallback: 'none; `uniquelocal` where DYNO is set',
      example: 'loopback,10.0.0.0/8',
    }),
    ADMIN_TOKEN: z
      .string()
      .regex(/^[\x21-\x7e]{16,}$/, 'must be at least 16 visible ASCII characters without spaces (such as `openssl rand -hex 32` makes)')
      .meta({ kind: 'at least 16 visible ASCII characters' })
      .optional()
      .describe(
        'Secret that opens the admin pages and the metrics: as a bearer token, or as the password of any user. `openssl rand -hex 32` makes one. Without it they are closed in production and staging, and open elsewhere.',
      ),
    ADMIN_PUBLIC: boolean(false).describe(
      'Without a token, open all of it to everybody in production and staging too: addresses and user agents as well.',
    ),
    REPORT_MS: integer(5_000, 100, 300_000).describe('How often the node reports into Redis (hash `admin_stream_status`).'),
    STATUS_MAX_CONNECTIONS: integer(1_000, 0, 5_000).describe(
      'Most connections that a report lists: the most recent ones, and up to half of it the worst.',
    ),
  },
  'Plug-ins': {
    STREAMER_MODULES: moduleNames.default([]).meta({
      description: 'Plug-ins, Nest modules, to load at the start: paths, relative to the working folder, and names of packages.',
      fallback: 'none',
      example: './my-module.js,some-package',
    }),
  },
  'The streams': {
    ENABLE_RAW_STREAM: boolean(true).describe('Serve `/subscribe/raw`.'),
    ENABLE_KIOSK_INTERACTION_STREAM: boolean(false).describe('Serve `/subscribe/kiosk_interaction`, and subscribe to its channels.'),
    CORS_ORIGINS: origins
      .default(['*'])
      .describe('Origins whose pages may read the streams, such as `https://example.com,https://www.example.com`.'),
    HEARTBEAT_MS: integer(15_000, 100, DAY_MS).describe('A stream that is idle for this long gets a comment.'),
    QUEUE_MAX_BYTES: integer(1_048_576, 1024, 1_073_741_824).describe(
      'Most bytes that wait for one subscriber of raw, details, kiosk_interaction, a queue of a plug-in or a mix; also the largest payload forwarded.',
    ),
    QUEUE_STALL_MS: integer(10_000, 100, DAY_MS).describe('Such a subscriber is closed when it has not drained for this long.'),
    MESSAGE_LOG_BYTES: integer(67_108_864, 65_536, 17_179_869_184).describe(
      'Most memory that waits for all such subscribers of a process together. Beyond it the subscribers that are the furthest behind are closed.',
    ),
    EPS_STALL_MS: integer(300_000, 100, DAY_MS).describe(
      'A subscriber of eps, or of increments and latest values of plug-ins, is closed when it has not drained for this long.',
    ),
    NATIVE_SEND: boolean(true).describe(
      'Call send(2) directly on Linux, where the optional package koffi loads; the log says at the start which writer was chosen.',
    ),
    NOTSENT_LOWAT_BYTES: integer(16_384, 1024, 1_073_741_824).describe(
      'The kernel takes no more of a stream while this many of its bytes are unsent. Needs the direct calls of NATIVE_SEND.',
    ),
  },
  'Planned closes': {
    SSE_FORCE_REFRESH: boolean(false).describe(
      'Make clients come back now and then: add `X-Sse-Cleanup-Requested: true` to streams, begin them with a `retry:`, and close them after a time.',
    ),
    SSE_SCORE_RETRY_MS: integer(100, 1, DAY_MS).describe('That `retry:` of raw, eps and multiplexed streams.'),
    SSE_DETAIL_RETRY_MS: integer(500, 1, DAY_MS).describe('That `retry:` of details; kiosk_interaction has none.'),
    SSE_SCORE_FORCECLOSE_SEC: integer(300, 1, DAY_S).describe(
      'That time of raw, eps and multiplexed streams; up to a fifth earlier by chance.',
    ),
    SSE_DETAIL_FORCECLOSE_SEC: integer(300, 1, DAY_S).describe('That time of details; up to a fifth earlier by chance.'),
    MAX_CONNECTION_AGE_S: integer(0, 0, 7 * DAY_S).describe(
      'Close every stream after this, whatever SSE_FORCE_REFRESH says, up to a fifth earlier by chance; the lesser wins. 0 is never.',
    ),
  },
  Limits: {
    MAX_CONNECTIONS: optionalInteger(0, 10_000_000).optional().meta({
      description: 'Streams open at a time, over all workers; 0 is no bound.',
      fallback: 'as many in each process as its limit of file descriptors allows, less 256; never more than that',
      example: '20000',
    }),
    MAX_CONNECTIONS_PER_IP: integer(0, 0, 10_000_000).describe(
      'Streams open at a time from one client address (IPv6: one /64), over all workers; 0 is no bound. Behind a proxy set TRUST_PROXY first.',
    ),
    MAX_CONNECTS_PER_S: integer(0, 0, 1_000_000).describe('Streams opened per second, over all workers; 0 is no bound.'),
    REFUSE_RETRY_MS: integerRange({ min: 5000, max: 60_000 }, DAY_MS).describe(
      'A refused client is told to come back after a time in this integerRange, another for each.',
    ),
  },
  'The score log': {
    LOG_CAPACITY: integer(1_048_576, 1024, 268_435_456).describe(
      'Updates that the score log holds, 4 bytes of memory each: how far a stalled subscriber of eps can fall behind. At 400 a second the default holds 43 minutes. A log of a plug-in’s increments holds as many, up to 1048576.',
    ),
    MAX_IDS: integer(65_536, 16, 16_777_216).describe(
      'Different ids that the score log, and each log of a plug-in’s increments, may hold at a time.',
    ),
  },
  Graphite: {
    GRAPHITE_URL: graphiteUrl.optional().meta({
      description: 'Where figures for Graphite go: `tcp://host:2003` or `udp://host:2003`.',
      example: 'tcp://graphite.example.com:2003',
    }),
    GRAPHITE_PREFIX: z.string().optional().meta({
      description: 'What their paths begin with: segments of letters, digits, `_` and `-`, with dots between.',
      fallback: '`emojitrack`',
      example: 'emojitrack',
    }),
    HOSTEDGRAPHITE_APIKEY: z
      .string()
      .optional()
      .describe(
        'A secret, which takes the place of the prefix. Alone it means `udp://carbon.hostedgraphite.com:2003`, in production and staging.',
      ),
    GRAPHITE_MS: integer(10_000, 1000, DAY_MS).describe('How often they go.'),
  },
  Stopping: {
    DRAIN_S: optionalInteger(0, 3600).optional().meta({
      description: 'How long stopping takes to close the streams; less when all have left by themselves.',
      fallback: '20 in production and staging, else 0',
      example: '0',
    }),
    SHUTDOWN_TIMEOUT_MS: optionalInteger(100, DAY_MS).optional().meta({
      description: 'The process ends after this, whatever hangs; must be above DRAIN_S.',
      fallback: 'DRAIN_S + 5 s',
      example: '5000',
    }),
  },
}

export const envSchema = z.object({
  ...envGroups['The node'],
  ...envGroups.Redis,
  ...envGroups['Who asks, and who may see what'],
  ...envGroups['Plug-ins'],
  ...envGroups['The streams'],
  ...envGroups['Planned closes'],
  ...envGroups.Limits,
  ...envGroups['The score log'],
  ...envGroups.Graphite,
  ...envGroups.Stopping,
})
