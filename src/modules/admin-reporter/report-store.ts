import { Redis } from 'ioredis'
import { AppError } from '../../common/app-error.js'
import type { RedisConfig } from '../../common/config/app-config.js'
import { commandOptions } from '../../common/redis/redis-options.js'

/** The hash that every streamer reports into: node → report. */
const KEY = 'admin_stream_status'

/** One step, so that a report of a node of the same name, started meanwhile, is never taken for ours. */
const REMOVE_OWN = `
local report = redis.call('HGET', KEYS[1], ARGV[1])
if not report then return 0 end
local isJson, decoded = pcall(cjson.decode, report)
if isJson and type(decoded) == 'table' and decoded.startup_time == tonumber(ARGV[2]) then
  return redis.call('HDEL', KEYS[1], ARGV[1])
end
return 0`

/**
 * The reports of the cluster in Redis, over a connection of its own. Every call fails with ERR_REDIS_AWAY at once while Redis is away, and within 2 s when it
 * hangs; none is queued.
 */
export class ReportStore {
  private readonly redis: Redis
  private lastError = ''

  constructor(target: RedisConfig) {
    this.redis = new Redis(commandOptions(target))
  }

  /** Connects, and again whenever the connection is lost. */
  connect(onReady: () => void): void {
    this.redis.on('ready', onReady)
    // Told with the next call that fails.
    this.redis.on('error', (error: Error) => {
      this.lastError = error.message
    })
    this.redis.connect().catch(() => undefined)
  }

  async put(node: string, report: string): Promise<void> {
    await this.ready.hset(KEY, node, report)
  }

  /** Node → report, as it stands there. */
  async readAll(): Promise<ReadonlyMap<string, string>> {
    return new Map(Object.entries(await this.ready.hgetall(KEY)))
  }

  async remove(nodes: readonly string[]): Promise<void> {
    if (nodes.length > 0) await this.ready.hdel(KEY, ...nodes)
  }

  /** Removes a node's report where it is that of a start at this time. */
  async removeOwn(node: string, startupTime: number): Promise<void> {
    await this.ready.eval(REMOVE_OWN, 1, KEY, node, startupTime)
  }

  disconnect(): void {
    this.redis.disconnect()
  }

  private get ready(): Redis {
    if (this.redis.status !== 'ready') {
      throw new AppError('ERR_REDIS_AWAY', `Redis is not connected${this.lastError === '' ? '' : `: ${this.lastError}`}`)
    }
    return this.redis
  }
}
