import { RawClient, type RawClientOptions } from '../clients/raw-client.js'
import { Feeder } from '../redis/feeder.js'
import { RedisServer } from '../redis/redis-server.js'
import type { Exit } from './child.js'
import { untilReady } from './probes.js'
import { type ServerEnv, ServerProcess } from './server-process.js'

/** The server on a Redis of its own, subscribed, with a feeder: the base of the tests of the wire, once for a whole file. */
export class LiveStack {
  readonly #clients = new Set<RawClient>()

  private constructor(
    readonly redis: RedisServer,
    readonly server: ServerProcess,
    readonly feeder: Feeder,
  ) {}

  /** Starts it with these variables; heartbeats are off, so that every byte on a stream is one that the test has caused. */
  static async start(env: ServerEnv = {}): Promise<LiveStack> {
    const redis = await RedisServer.start()
    const server = await ServerProcess.start({ REDIS_URL: redis.url, HEARTBEAT_MS: '3600000', DRAIN_S: '0', ...env })
    await untilReady(server, true)
    return new LiveStack(redis, server, await Feeder.connect(redis.url))
  }

  /** Sends a request and waits for the head of its answer. */
  async request(path: string, options: RawClientOptions = {}): Promise<RawClient> {
    const client = await RawClient.connect(this.server.port, { ...options, path })
    this.#clients.add(client)
    await client.until(`${options.method ?? 'GET'} ${path} is answered`, ({ head }) => head)
    return client
  }

  /** Sends a request and waits for its whole answer. */
  async answer(path: string, options: RawClientOptions = {}): Promise<RawClient> {
    const client = await this.request(path, options)
    await client.ended
    return client
  }

  /** Opens a stream and waits for its first bytes: from then on it misses nothing. */
  async open(path: string, options: RawClientOptions = {}): Promise<RawClient> {
    const client = await this.request(path, options)
    await client.opened
    return client
  }

  /** Closes the clients that the test has opened. */
  closeClients(): void {
    for (const client of this.#clients) client.close()
    this.#clients.clear()
  }

  /** Ends it, and says how the server ended. */
  async stop(): Promise<Exit> {
    this.closeClients()
    this.feeder.close()
    const exit = await this.server.stop()
    await this.redis.stop()
    return exit
  }
}
