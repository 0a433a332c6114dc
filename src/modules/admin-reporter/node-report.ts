/** A report of any streamer that reports into Redis, older ones with fewer fields included. */
export type NodeReport = Readonly<Record<string, unknown>>

/** `dead`: it should have reported long ago. `unknown`: it doesn't say when it did. */
export type NodeState = 'ok' | 'dead' | 'unknown'

/** How often those report that don't say: every streamer before this one. */
const DEFAULT_PERIOD_MS = 5000
const DEAD_AFTER_PERIODS = 3
const GONE_AFTER_PERIODS = 10
/** In seconds this would be the year 5138; a streamer that tells milliseconds is taken at its word. */
const MOST_SECONDS = 1e11

/** The report in a field of the cluster's hash; null for what is none. */
export function parseNodeReport(json: string): NodeReport | null {
  try {
    const value: unknown = JSON.parse(json)
    return isReport(value) ? value : null
  } catch {
    return null
  }
}

/** How long ago a node has reported, s; null where it doesn't say. Never negative, also where its clock is ahead. `now` in Unix seconds. */
export function ageOf({ reported_at: at }: NodeReport, now: number): number | null {
  if (typeof at !== 'number' || !Number.isFinite(at)) return null
  return Math.max(0, now - (at > MOST_SECONDS ? at / 1000 : at))
}

/** The state of a node, or null for one that has been gone for so long that nobody needs to hear of it. */
export function stateOf(report: NodeReport, now: number): NodeState | null {
  const age = ageOf(report, now)
  if (age === null) return 'unknown'
  const periods = (age * 1000) / periodOf(report)
  if (periods > GONE_AFTER_PERIODS) return null
  return periods > DEAD_AFTER_PERIODS ? 'dead' : 'ok'
}

const periodOf = ({ report_ms: ms }: NodeReport) => (typeof ms === 'number' && ms > 0 ? ms : DEFAULT_PERIOD_MS)

const isReport = (value: unknown): value is NodeReport => typeof value === 'object' && value !== null && !Array.isArray(value)
