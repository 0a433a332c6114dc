import type { RedisConfig } from '../../common/config/app-config.js'
import { CommandConnection } from '../../common/platform/redis.js'

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

/** The reports of the cluster in Redis, over a connection of its own. */
export class ReportStore {
  private readonly connection: CommandConnection

  constructor(target: RedisConfig) {
    this.connection = new CommandConnection(target)
  }

  /** Connects, and again whenever the connection is lost. */
  connect(onReady: () => void): void {
    this.connection.connect(onReady)
  }

  async put(node: string, report: string): Promise<void> {
    await this.connection.ready.hset(KEY, node, report)
  }

  /** Node → report, as it stands there. */
  async readAll(): Promise<ReadonlyMap<string, string>> {
    return new Map(Object.entries(await this.connection.ready.hgetall(KEY)))
  }

  async remove(nodes: readonly string[]): Promise<void> {
    if (nodes.length > 0) await this.connection.ready.hdel(KEY, ...nodes)
  }

  /** Removes a node's report where it is that of a start at this time. */
  async removeOwn(node: string, startupTime: number): Promise<void> {
    await this.connection.ready.eval(REMOVE_OWN, 1, KEY, node, startupTime)
  }

  disconnect(): void {
    this.connection.disconnect()
  }
}
