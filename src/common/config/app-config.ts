/** The whole configuration: frozen, typed, parsed once. The abstract class is the injection token as well. Times are in ms, sizes in bytes. */
export abstract class AppConfig {
  /** `production`, `staging`, `development` or any other name: NODE_ENV, else GO_ENV, else RACK_ENV. */
  abstract readonly environment: string
  /** True in production and in staging, which has production's protections. */
  abstract readonly isProtected: boolean
  /** This node's name in reports: `nest-<environment>-<name>`. */
  abstract readonly nodeName: string
  /** The address to listen on; undefined means all of them, IPv6 and IPv4. */
  abstract readonly host: string | undefined
  abstract readonly port: number
  abstract readonly logLevel: string
  /** Readable logs instead of JSON lines; null: where the standard output is a terminal, outside production and staging. */
  abstract readonly logPretty: boolean | null
  /** How many processes serve; 1 means this one alone. */
  abstract readonly workers: number
  /** Which of several workers this process is, 1 to `workers`; null when it is the primary or alone. */
  abstract readonly worker: number | null
  /** Null: no Redis is configured, the in-process demo feed runs instead. */
  abstract readonly redis: RedisConfig | null
  /** Readiness goes down when Redis has not been heard for this long. */
  abstract readonly readyMaxSilenceMs: number
  /** Proxies whose word on the client's address counts: addresses, CIDR ranges, or `loopback`, `linklocal`, `uniquelocal`. */
  abstract readonly trustedProxies: readonly string[]
  abstract readonly admin: AdminConfig
  /** The plug-ins to load: files relative to the working folder, or packages. */
  abstract readonly plugins: readonly string[]
  abstract readonly streams: StreamsConfig
  abstract readonly renewal: RenewalConfig
  abstract readonly limits: LimitsConfig
  abstract readonly scoreLog: { readonly capacity: number; readonly maxIds: number }
  /** Null: nothing is reported to Graphite. */
  abstract readonly graphite: GraphiteConfig | null
  /** `drainMs`: over how long subscribers are closed; `timeoutMs`: after that the process ends whatever is left. */
  abstract readonly shutdown: { readonly drainMs: number; readonly timeoutMs: number }
}

export interface RedisConfig {
  /** redis:// or rediss://; holds the password, so it is never logged. */
  readonly url: string
  /** PEM of the authority that signed the server's certificate. */
  readonly tlsCa: string | undefined
  readonly tlsInsecure: boolean
}

export interface AdminConfig {
  /** Whoever presents it may see the admin pages and the metrics. A secret, so it is never logged. */
  readonly token: string | undefined
  /** Where there is no token: everybody may, in production and staging too. */
  readonly isPublic: boolean
  /** How often the node reports into Redis. */
  readonly reportMs: number
  /** The most connections that a report lists. */
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
  /** How much all message logs of a process may hold together. */
  readonly messageLogBytes: number
  readonly epsStallMs: number
  /** Call send(2) directly where that is possible. */
  readonly nativeSend: boolean
  /** The kernel takes no more of a stream while this much of it is unsent. Needs the same door as `nativeSend`. */
  readonly notsentLowatBytes: number
}

/** When streams are closed as planned, so that their clients come back; Infinity is never. */
export interface RenewalConfig {
  /** What holds with `streams.forceRefresh` alone: what a client waits before it comes back, and after how long it has to. */
  readonly score: { readonly retryMs: number; readonly closeMs: number }
  readonly detail: { readonly retryMs: number; readonly closeMs: number }
  /** For every stream. */
  readonly maxAgeMs: number
}

/** How many streams are let in; Infinity is no bound. */
export interface LimitsConfig {
  /** Open at a time, over all workers. */
  readonly maxConnections: number
  /** Open at a time in this process, so that descriptors are left for everything else. */
  readonly maxConnectionsHere: number
  /** Open at a time from one address, over all workers. */
  readonly maxConnectionsPerIp: number
  /** Opened per second, over all workers. */
  readonly maxConnectsPerS: number
  /** What a refused client waits before it comes back, by chance in between. */
  readonly refuseRetryMs: { readonly min: number; readonly max: number }
}

export interface GraphiteConfig {
  readonly protocol: 'tcp' | 'udp'
  readonly host: string
  readonly port: number
  /** What every metric's path begins with, `<key or prefix>.<host>`; holds the key, so it is never logged. */
  readonly path: string
  readonly periodMs: number
}
