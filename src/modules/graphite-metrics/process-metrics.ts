import type { LoopDelay } from './event-loop-delay.js'
import type { Metric } from './plaintext.js'

/** This process: its memory, its processor time since it started, and how late its event loop is. */
export function processMetrics(delay: LoopDelay): Metric[] {
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed } = process.memoryUsage()
  return [
    ['process.loop_delay_ms.p50', delay.p50],
    ['process.loop_delay_ms.p99', delay.p99],
    ['process.loop_delay_ms.max', delay.max],
    ['process.cpu_ms', (user + system) / 1000],
    ['process.rss_bytes', rss],
    ['process.heap_used_bytes', heapUsed],
    ['process.uptime_s', process.uptime()],
  ]
}
