import { readdir } from 'node:fs/promises'
import { collectDefaultMetrics, Gauge, Histogram, type Registry } from 'prom-client'
import type { EventBus } from '../../common/event-bus/event-bus.js'
import { ownVersion } from '../../common/platform/process.js'
import type { Positions } from '../../common/positions/positions.js'
import type { NodeCounters, NodeState } from '../../common/stats/node-stats.js'
import type { Writer } from '../../common/stats/stream-stats.js'
import { addCounter, addGauge } from './prometheus.js'

/** Reading one of these lists every connection at once, in the event-loop turn that serves the streams: 9 ms for 10,000 descriptors. */
const BLOCKING_METRICS = [
  'process_open_fds',
  ...['handles', 'requests', 'resources'].flatMap((kind) => [`nodejs_active_${kind}`, `nodejs_active_${kind}_total`]),
]

const OPEN_FILES = '/proc/self/fd'

/** From a cut of some hundred ids to the timeout of one. */
const CUT_BUCKETS_S = [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

/** Updates received, updates discarded, and the state of the source. */
export function addIngestMetrics(registry: Registry, counters: NodeCounters, node: NodeState): void {
  const { received, ingestGaps } = counters
  addCounter(registry, {
    name: 'emojitrack_updates_received_total',
    help: 'Updates taken from the source.',
    label: 'type',
    read: () => new Map(Object.entries(received)),
  })
  addCounter(registry, {
    name: 'emojitrack_updates_refused_total',
    help: 'Updates from the source that were not streamed.',
    label: 'reason',
    read: () => counters.discarded.counts,
  })
  addGauge(registry, {
    name: 'emojitrack_ingest_ready',
    help: '1 while the source is subscribed and answers, else 0.',
    read: () => Number(ingestGaps.isReady),
  })
  addCounter(registry, {
    name: 'emojitrack_ingest_unready_seconds_total',
    help: 'Time without a source that is ready.',
    read: () => ingestGaps.totalMs(performance.now()) / 1000,
  })
  addCounter(registry, {
    name: 'emojitrack_ingest_reconnects_total',
    help: 'Times that the source became ready again after a loss.',
    read: () => ingestGaps.returns,
  })
  addGauge(registry, {
    name: 'emojitrack_ingest_silence_seconds',
    help: 'Time since anything was last received from the source, or since the process began.',
    // performance.now() starts at 0 with the process.
    read: () => (performance.now() - Math.max(0, node.heardAtMs)) / 1000,
  })
}

/** The positions of this node, the cuts that check them, and the streams that resume. */
export function addPositionMetrics(
  registry: Registry,
  bus: EventBus,
  counters: NodeCounters,
  positions: Pick<Positions, 'status' | 'healed'>,
): void {
  addGauge(registry, {
    name: 'emojitrack_positions_shared',
    help: '1 while event ids are valid on every node, 0 while they are valid in this process alone.',
    read: () => Number(positions.status.mode === 'shared'),
  })
  new Gauge({
    name: 'emojitrack_positions_info',
    help: 'Always 1; the labels name the mode, the epoch, and the reason of the private mode.',
    labelNames: ['mode', 'epoch', 'reason'],
    registers: [registry],
    collect() {
      const { mode, epoch, reason } = positions.status
      this.reset()
      this.set({ mode, epoch, reason: reason ?? '' }, 1)
    },
  })
  addGauge(registry, {
    name: 'emojitrack_position',
    help: 'The newest position: the sum of all scores, or with private positions the number of entries of the score log.',
    read: () => positions.status.position,
  })
  addCounter(registry, {
    name: 'emojitrack_resumes_total',
    help: 'Streams that gave an event id, by whether they went on from it, or why they began anew.',
    label: 'outcome',
    read: () => counters.resumes.counts,
  })
  addCounter(registry, {
    name: 'emojitrack_healed_updates_total',
    help: 'Updates that were missed and added later.',
    read: () => positions.healed,
  })
  addCounter(registry, {
    name: 'emojitrack_cuts_total',
    help: 'Cuts through the scores in Redis, by what they showed.',
    label: 'outcome',
    read: () => counters.cuts.counts,
  })
  const duration = new Histogram({
    name: 'emojitrack_cut_duration_seconds',
    help: 'From the request for each cut to its verdict or its failure.',
    buckets: CUT_BUCKETS_S,
    registers: [registry],
  })
  bus.on('cut.finished', ({ tookMs }) => duration.observe(tookMs / 1000))
}

/** Failures that did not touch the streams. */
export function addFailureMetrics(registry: Registry, counters: NodeCounters): void {
  addCounter(registry, {
    name: 'emojitrack_report_failures_total',
    help: 'Periodic reports that did not get through.',
    label: 'report',
    read: () => counters.failedReports.counts,
  })
  addCounter(registry, {
    name: 'emojitrack_requests_rejected_total',
    help: 'Requests that were too slow, too large or malformed, and connections without a stream that were closed.',
    label: 'reason',
    read: () => counters.rejected.counts,
  })
  addCounter(registry, {
    name: 'emojitrack_handler_failures_total',
    help: 'Handlers of internal events that have thrown: bugs.',
    read: () => counters.handlerFailures,
  })
  addCounter(registry, {
    name: 'emojitrack_caught_failures_total',
    help: 'Failures elsewhere that were caught: bugs, of plug-ins as a rule.',
    label: 'in',
    read: () => counters.failures.counts,
  })
  addCounter(registry, {
    name: 'emojitrack_log_lines_dropped_total',
    help: 'Log lines that were dropped, because the output took no more.',
    read: () => counters.logLosses.droppedLines,
  })
  addCounter(registry, {
    name: 'emojitrack_log_write_errors_total',
    help: 'Failed writes of log lines. The lines were kept, and written later if possible.',
    label: 'error',
    read: () => counters.logLosses.writeErrors.counts,
  })
}

/** CPU, memory, event loop and garbage collection of this process under prom-client's usual names, and the version of the program. */
export function addProcessMetrics(registry: Registry, writer: Writer): void {
  collectDefaultMetrics({ register: registry })
  for (const name of BLOCKING_METRICS) registry.removeSingleMetric(name)
  if (process.platform === 'linux') addOpenFiles(registry)
  new Gauge({
    name: 'emojitrack_build_info',
    help: 'Always 1; the labels name the versions and the writer in use.',
    labelNames: ['version', 'node', 'writer'],
    registers: [registry],
  }).set({ version: ownVersion(), node: process.versions.node, writer }, 1)
}

function addOpenFiles(registry: Registry): void {
  new Gauge({
    name: 'process_open_fds',
    help: 'Number of open file descriptors.',
    registers: [registry],
    async collect() {
      // One of them is the descriptor of the folder that is being read.
      this.set((await readdir(OPEN_FILES)).length - 1)
    },
  })
}
