/** The whole configuration: frozen, typed, parsed once. The abstract class is also the injection token. Times are in ms, sizes in bytes. */
export abstract class AppConfig {
  /** True in every environment but development and test. */
  abstract readonly isProtected: boolean
  /** This node's name in reports: `nest-<environment>-<name>`. */
  abstract readonly nodeName: string
  /** The address to listen on; undefined means all addresses, IPv6 and IPv4. */
  abstract readonly host: string | undefined
  abstract readonly port: number
  /** A connection without a stream is closed after it has been idle for this time. */
  abstract readonly keepAliveMs: number
  abstract readonly logLevel: string
  /** Readable logs instead of JSON lines; null: if standard output is a terminal, in development and test. */
  abstract readonly logPretty: boolean | null
  /** The number of processes that serve; 1 means this process alone. */
  abstract readonly workers: number
  /** This worker's number, 1 to `workers`; null for the primary and for a single process. */
  abstract readonly worker: number | null
  /** A worker that is silent for longer is replaced; Infinity: never. */
  abstract readonly workerTimeoutMs: number
  /** Null: no Redis is configured, and the in-process demo feed runs instead. */
  abstract readonly redis: RedisConfig | null
  /** Redis counts as away after this time without an answer. */
  abstract readonly readyMaxSilenceMs: number
  /** `start`: the node is ready once it has been subscribed. `always`: only while it is. */
  abstract readonly readyRequiresRedis: 'start' | 'always'
  /** The proxies that are trusted to name the client's address: addresses, CIDR ranges, `loopback`, `linklocal` or `uniquelocal`. */
  abstract readonly trustedProxies: readonly string[]
  abstract readonly admin: AdminConfig
  /** The plug-ins to load: files relative to the working folder, or packages. */
  abstract readonly plugins: readonly string[]
  abstract readonly streams: StreamsConfig
  abstract readonly renewal: RenewalConfig
  abstract readonly limits: LimitsConfig
  abstract readonly connections: ConnectionsConfig
  abstract readonly scoreLog: { readonly capacity: number; readonly maxIds: number }
  abstract readonly positions: PositionsConfig
  /** Null: nothing is reported to Graphite. */
  abstract readonly graphite: GraphiteConfig | null
  abstract readonly shutdown: ShutdownConfig
}

export interface RedisConfig {
  /** redis:// or rediss://; holds the password, so it is never logged. */
  readonly url: string
  /** PEM of the authority that signed the server's certificate. */
  readonly tlsCa: string | undefined
  readonly tlsInsecure: boolean
}

export interface AdminConfig {
  /** The token that opens the admin pages and the metrics. A secret, so it is never logged. */
  readonly token: string | undefined
  /** Without a token: opens them to everybody, in every environment. */
  readonly isPublic: boolean
  /** The interval of the node's reports into Redis. */
  readonly reportMs: number
  /** The maximum number of connections in a report. */
  readonly maxConnections: number
}

export interface StreamsConfig {
  readonly raw: boolean
  readonly kioskInteraction: boolean
  readonly forceRefresh: boolean
  /** `['*']` or a list of origins. */
  readonly corsOrigins: readonly string[]
  readonly heartbeatMs: number
  readonly queueMaxBytes: number
  readonly queueStallMs: number
  /** The maximum memory of all message logs of a process together. */
  readonly messageLogBytes: number
  /** The maximum memory of the details that resumed streams can get. */
  readonly detailHistoryBytes: number
  /** The maximum number of flushes a second. */
  readonly epsMaxHz: number
  readonly epsStallMs: number
  /** Call send(2) directly if that is possible. */
  readonly nativeSend: boolean
  /** The kernel accepts no more of a stream while it holds this many unsent bytes. Needs koffi, like `nativeSend`. */
  readonly notsentLowatBytes: number
  /** The kernel closes a stream whose client acknowledges nothing for this time; 0 is the kernel's own bound. Needs koffi as well. */
  readonly ackTimeoutMs: number
}

/** The reconnects of clients, and the planned closes of streams; Infinity is never. */
export interface RenewalConfig {
  /** The client's reconnect delay, before it is spread. */
  readonly retryMs: number
  /** Only with `streams.forceRefresh`: the client's reconnect delay, and the maximum age of a stream. */
  readonly score: { readonly retryMs: number; readonly closeMs: number }
  readonly detail: { readonly retryMs: number; readonly closeMs: number }
  /** The maximum age of every stream. */
  readonly maxAgeMs: number
}

/** The limits of open streams; Infinity is no bound. */
export interface LimitsConfig {
  /** Open at a time, over all workers. */
  readonly maxConnections: number
  /** Open at a time in this process, which leaves file descriptors for other purposes. */
  readonly maxConnectionsHere: number
  /** Open at a time from one address, over all workers. */
  readonly maxConnectionsPerIp: number
  /** Opened per second, over all workers. */
  readonly maxConnectsPerS: number
  /** The range of the random time after which a refused client reconnects. */
  readonly refuseRetryMs: { readonly min: number; readonly max: number }
}

/** The cuts through Redis, from which totals and positions follow. */
export interface PositionsConfig {
  /** The interval of the cuts that check them; Infinity for none. */
  readonly auditMs: number
  readonly maxIds: number
  /** Send the updates that were missed while Redis was not connected. */
  readonly heal: boolean
}

export interface ShutdownConfig {
  /** The time over which subscribers are closed. */
  readonly drainMs: number
  /** The time after which the process ends in any case. */
  readonly timeoutMs: number
  /** The outcome of a request for a stream during the drain: its connection is closed, or it is answered as at a full node. */
  readonly refusal: 'close' | 'retry'
}

export interface ConnectionsConfig {
  /** Open at a time in this process, with and without a stream, which leaves file descriptors for other purposes; Infinity is no bound. */
  readonly maxHere: number
  /** A connection without a stream is closed if its client has not taken an answer for this time. */
  readonly answerStallMs: number
}

export interface GraphiteConfig {
  readonly protocol: 'tcp' | 'udp'
  readonly host: string
  readonly port: number
  /** The prefix of every metric's path, `<key or prefix>.<host>`. It holds the key, so it is never logged. */
  readonly path: string
  readonly periodMs: number
}
