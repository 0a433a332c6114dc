import { setImmediate as nextTurn } from 'node:timers/promises'
import { Inject, Injectable } from '@nestjs/common'
import type { RedisConfig } from '../../common/config/app-config.js'
import { CommandConnection } from '../../common/platform/redis.js'
import type { NodeState } from '../../common/stats/node-stats.js'

/** A report of any streamer that reports into Redis. Older streamers have fewer fields. */
export type NodeReport = Readonly<Record<string, unknown>>

/** `dead`: several reports are missing. `unknown`: the report has no time. */
export type ReportState = 'ok' | 'dead' | 'unknown'

/** The interval of streamers whose reports name none: all streamers older than this one. */
const DEFAULT_PERIOD_MS = 5000
const MIN_PERIOD_MS = 1000
export const DEAD_AFTER_PERIODS = 3
const GONE_AFTER_PERIODS = 10
/** The year 5138 in Unix seconds. A larger time is in milliseconds. */
const MAX_SECONDS = 1e11

/** Parses a field of the cluster's hash. Null if it is not a JSON object. */
export function parseNodeReport(json: string): NodeReport | null {
  try {
    const value: unknown = JSON.parse(json)
    return isReport(value) ? value : null
  } catch {
    return null
  }
}

/** The age of a report, s. Null if the report has no time; negative if the clock of its node is ahead. `now` in Unix seconds. */
export function ageOf({ reported_at: at }: NodeReport, now: number): number | null {
  if (typeof at !== 'number' || !Number.isFinite(at)) return null
  return now - (at > MAX_SECONDS ? at / 1000 : at)
}

/** The state of a node. Null if its last report is so old that the node is left out. */
export function stateOf(report: NodeReport, now: number): ReportState | null {
  const age = ageOf(report, now)
  if (age === null) return 'unknown'
  const periods = (age * 1000) / periodOf(report)
  if (periods > GONE_AFTER_PERIODS) return null
  return periods > DEAD_AFTER_PERIODS ? 'dead' : 'ok'
}

/**
 * The interval between the reports of a node, ms. At least a second: times are whole seconds, so a report with a shorter interval would
 * look late.
 */
export const periodOf = ({ report_ms: ms }: NodeReport) =>
  typeof ms === 'number' && ms > 0 ? Math.max(MIN_PERIOD_MS, ms) : DEFAULT_PERIOD_MS

const isReport = (value: unknown): value is NodeReport => typeof value === 'object' && value !== null && !Array.isArray(value)

/** A report in Redis. */
export interface ClusterReport {
  readonly node: string
  readonly report: NodeReport
  /** The time of the read by the clock of Redis, Unix seconds. Nodes agree on it, however far off their own clocks are. */
  readonly nowS: number
}

/** The hash into which every streamer reports: node → report. */
const KEY = 'admin_stream_status'

/** One atomic step, so that it never removes the report of a newer process with the same node name. */
const REMOVE_OWN = `
local report = redis.call('HGET', KEYS[1], ARGV[1])
if not report then return 0 end
local isJson, decoded = pcall(cjson.decode, report)
if isJson and type(decoded) == 'table' and decoded.startup_time == tonumber(ARGV[2]) then
  return redis.call('HDEL', KEYS[1], ARGV[1])
end
return 0`

/**
 * The time, the number of reports that are too large, and then pairs of node and report. Sizes are checked in Redis, in the same step, so
 * that no report of another program can fill the memory of a node.
 */
const READ = `
local room = tonumber(ARGV[2])
local answer = {redis.call('TIME')[1], 0}
for _, node in ipairs(redis.call('HKEYS', KEYS[1])) do
  local size = #node + redis.call('HSTRLEN', KEYS[1], node)
  if size <= tonumber(ARGV[1]) and size <= room then
    room = room - size
    answer[#answer + 1] = node
    answer[#answer + 1] = redis.call('HGET', KEYS[1], node)
  else
    answer[2] = answer[2] + 1
  end
end
return answer`

/** The maximum sizes of what is read, in bytes. Older streamers list all of their connections in a report. */
const MAX_READ = { report: 1_048_576, all: 67_108_864 }

/** The reports as they are in Redis. */
export interface StoredReports {
  readonly nowS: number
  /** Node → report. */
  readonly reports: ReadonlyMap<string, string>
  /** The number of reports that were not read because of their size. */
  readonly tooLarge: number
}

/** The reports of the cluster in Redis, over a connection of its own. */
export class ReportStoreService {
  private readonly connection: CommandConnection

  constructor(
    target: RedisConfig,
    node: NodeState,
    private readonly max: typeof MAX_READ = MAX_READ,
  ) {
    this.connection = new CommandConnection(target, 'reports', node.withoutDatabase)
  }

  /** Connects, and reconnects after each loss. `onReady` is called each time. */
  connect(onReady: () => void): void {
    this.connection.connect(onReady)
  }

  async put(node: string, report: string): Promise<void> {
    await this.connection.ready.hset(KEY, node, report)
  }

  async read(): Promise<StoredReports> {
    const [time, tooLarge, ...fields] = texts(await this.connection.ready.eval(READ, 1, KEY, this.max.report, this.max.all))
    const reports = new Map<string, string>()
    for (let at = 0; at + 1 < fields.length; at += 2) reports.set(fields[at] ?? '', fields[at + 1] ?? '')
    return { nowS: Number(time), reports, tooLarge: Number(tooLarge) }
  }

  async remove(nodes: readonly string[]): Promise<void> {
    if (nodes.length > 0) await this.connection.ready.hdel(KEY, ...nodes)
  }

  /** Removes a node's report if the process that wrote it started at this time. */
  async removeOwn(node: string, startupTime: number): Promise<void> {
    await this.connection.ready.eval(REMOVE_OWN, 1, KEY, node, startupTime)
  }

  disconnect(): void {
    this.connection.disconnect()
  }
}

const texts = (answer: unknown): string[] => (Array.isArray(answer) ? answer.map(String) : [])

/** Reads and parses the reports of the cluster. */
@Injectable()
export class ReportReaderService {
  /** Reports that were no JSON objects, or too large, the last time. */
  unparsable = 0

  constructor(@Inject(ReportStoreService) private readonly store: ReportStoreService | null) {}

  /** Yields one report in each turn of the event loop, because some are large. Yields none without Redis. */
  async *read(): AsyncGenerator<ClusterReport> {
    if (this.store === null) return
    const { nowS, reports, tooLarge } = await this.store.read()
    let unparsable = tooLarge
    for (const [node, json] of reports) {
      const report = parseNodeReport(json)
      if (report === null) unparsable++
      else yield { node, report, nowS }
      await nextTurn()
    }
    this.unparsable = unparsable
  }
}
