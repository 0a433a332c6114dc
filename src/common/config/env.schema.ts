import { z } from 'zod'
import { streamGroups } from './env-streams.schema.js'
import {
  boolean,
  DAY_MS,
  graphiteUrl,
  integer,
  integerWithin,
  moduleNames,
  oneOf,
  optionalBoolean,
  optionalInteger,
  redisUrl,
} from './env-types.js'

const text = z.string().optional()

/**
 * The environment variables, by group: type, bounds, default and description. `npm run docs:config` makes docs/configuration.md and
 * .env.example from them. Units are part of the names (`_MS`, `_S`, `_BYTES`).
 */
export const envGroups = {
  'The node': {
    NODE_ENV: text.meta({
      description:
        'Environment. Every name but `development` and `test`, in any case, requires REDIS_URL, drains for 20 s and closes the admin ' +
        'pages and the metrics without ADMIN_TOKEN.',
      fallback: 'GO_ENV, else RACK_ENV, else `development`',
      example: 'development',
    }),
    GO_ENV: text.describe('Used if NODE_ENV is not set.'),
    RACK_ENV: text.describe('Used if neither NODE_ENV nor GO_ENV is set.'),
    HOST: text.meta({
      description: 'Address to listen on; of `localhost` the first one.',
      fallback: 'all addresses (`::`, or `0.0.0.0` on a machine without IPv6)',
      example: '127.0.0.1',
    }),
    PORT: integer(8001, 0, 65_535).describe('TCP port; 0 selects a free one.'),
    KEEPALIVE_MS: integer(95_000, 1, DAY_MS).describe(
      'A connection without a stream is closed after it has been idle for this time. Must be above the time for which a proxy or load ' +
        'balancer in front keeps idle connections.',
    ),
    NODE_NAME: text.meta({
      description: "Last part of the node's name in reports, `nest-<environment>-<name>`.",
      fallback: 'DYNO, else the host name',
      example: 'web.1',
    }),
    DYNO: text.describe('Used if NODE_NAME is not set. Heroku sets it; the default of TRUST_PROXY is then `uniquelocal`.'),
    WORKERS: z
      .union([z.literal('auto'), integerWithin(1, 256)], 'must be auto or a whole number from 1 to 256')
      .meta({ kind: '`auto`, or a whole number from 1 to 256' })
      .default(1)
      .describe(
        'Number of processes that serve; `auto` is one per processor. With more than one, the first process supervises them, and the ' +
          'names of the workers end in `-worker.<n>`.',
      ),
    WORKER_TIMEOUT_S: integer(20, 0, 3600).describe(
      'With WORKERS, a worker whose event loop has not turned for this time is killed and replaced, and one that does not listen within ' +
        'six times this. 0 is never, for a debugger.',
    ),
    LOG_LEVEL: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).optional().meta({
      description: 'Least level of the logged lines. `debug` includes every stream that opens and closes, every HEAD and every cleanup.',
      fallback: '`info`',
      example: 'info',
    }),
    VERBOSE: boolean(false).describe('True means LOG_LEVEL=debug if LOG_LEVEL is not set.'),
    LOG_PRETTY: optionalBoolean.meta({
      description: 'Readable logs instead of JSON lines; both go to standard output.',
      fallback: '`true` in a terminal in development and test, else `false`',
      example: 'false',
    }),
  },
  Redis: {
    REDIS_URL: redisUrl.optional().meta({
      description:
        '`redis://[user]:[password]@host:port` or `rediss://…`; percent-encode special characters of the password. A database ' +
        '(`…/3`) is used for the report and the scores; messages have none. A query string is ignored. Without REDIS_URL an in-process ' +
        'demo feed runs.',
      example: 'redis://localhost:6379',
    }),
    REDIS_TLS_CA: text.meta({
      description: "PEM of the authority that signed Redis' certificate, with `\\n` for line breaks if needed, or the path of its file.",
      example: '/etc/ssl/redis-ca.pem',
    }),
    REDIS_TLS_INSECURE: boolean(false).describe('Accept any certificate from Redis.'),
    READY_MAX_SILENCE_MS: integer(10_000, 3_000, DAY_MS).describe(
      'Redis counts as away after this time without an answer. `/health` is 503 then, and `/health/ready` is with ' +
        'READY_REQUIRES_REDIS=always.',
    ),
    READY_REQUIRES_REDIS: oneOf(['start', 'always'])
      .default('start')
      .describe(
        '`start`: the node is ready once it has been subscribed, and stays so while Redis is away. `always`: it is ready only ' +
          'while it is subscribed and Redis answers.',
      ),
  },
  'Clients and access': {
    TRUST_PROXY: text.meta({
      kind: 'comma-separated list',
      description:
        "Proxies that are trusted to name the client's address (X-Forwarded-For, or else X-Real-IP): addresses and CIDR ranges, " +
        '`loopback`, `linklocal`, `uniquelocal`. `true` and numbers are refused, since a client could then forge its address.',
      fallback: 'none; `uniquelocal` if DYNO is set',
      example: 'loopback,10.0.0.0/8',
    }),
    ADMIN_TOKEN: z
      .string()
      .regex(/^[\x21-\x7e]{16,}$/, 'must be at least 16 visible ASCII characters without spaces (such as `openssl rand -hex 32` makes)')
      .meta({ kind: 'at least 16 visible ASCII characters' })
      .optional()
      .describe(
        'Secret for the admin pages and the metrics, as a bearer token or as the password of any user; `openssl rand -hex 32` makes one. ' +
          'Without it they are closed; in development and test they are open to clients on the same machine that ask by a local name.',
      ),
    ADMIN_PUBLIC: boolean(false).describe(
      'Without a token, open the admin pages and the metrics to everybody in every environment, with addresses and user agents.',
    ),
    REPORT_MS: integer(5_000, 100, 300_000).describe("Interval of the node's reports into Redis (hash `admin_stream_status`)."),
    STATUS_MAX_CONNECTIONS: integer(1_000, 0, 5_000).describe(
      'Maximum number of connections in a report: up to half of them the worst ones, the others the most recent ones. A report has at ' +
        'most 256 KiB, which may be fewer.',
    ),
  },
  'Plug-ins': {
    STREAMER_MODULES: moduleNames.default([]).meta({
      description:
        'Plug-ins (Nest modules) to load at the start: paths relative to the working folder, and names of packages or of their subpaths.',
      fallback: 'none',
      example: './my-module.js,some-package',
    }),
  },
  ...streamGroups,
  Graphite: {
    GRAPHITE_URL: graphiteUrl.optional().meta({
      description: 'Address of Graphite: `tcp://host:2003` or `udp://host:2003`.',
      example: 'tcp://graphite.example.com:2003',
    }),
    GRAPHITE_PREFIX: text.meta({
      description: 'Prefix of all metric paths: segments of letters, digits, `_` and `-`, separated by dots.',
      fallback: '`emojitrack`',
      example: 'emojitrack',
    }),
    HOSTEDGRAPHITE_APIKEY: text.describe(
      'Secret that replaces the prefix. Without GRAPHITE_URL it means `udp://carbon.hostedgraphite.com:2003`, but not in development ' +
        'and test.',
    ),
    GRAPHITE_MS: integer(10_000, 1000, DAY_MS).describe('Reporting interval.'),
  },
  Stopping: {
    DRAIN_S: optionalInteger(0, 3600).meta({
      description: 'Time over which the streams are closed at shutdown; shorter if all clients have left by themselves.',
      fallback: '0 in development and test, else 20',
      example: '0',
    }),
    DRAIN_REFUSE: oneOf(['close', 'retry'])
      .default('close')
      .describe(
        'The outcome of a request for a stream while the node drains. `close`: its connection is reset, and a proxy tries another node ' +
          'at once. `retry`: the answer of a full node (REFUSE_RETRY_MS), for proxies that would turn a closed connection into an error.',
      ),
    SHUTDOWN_TIMEOUT_MS: optionalInteger(100, DAY_MS).meta({
      description: 'Time after which the process ends in any case; must be above DRAIN_S.',
      fallback: 'DRAIN_S + 5 s',
      example: '5000',
    }),
  },
}

const { Redis, Limits, Graphite, Stopping } = envGroups

export const envSchema = z.object({
  ...envGroups['The node'],
  ...Redis,
  ...envGroups['Clients and access'],
  ...envGroups['Plug-ins'],
  ...envGroups['The streams'],
  ...envGroups['Planned closes'],
  ...Limits,
  ...envGroups['The score log'],
  ...envGroups.Positions,
  ...Graphite,
  ...Stopping,
})
