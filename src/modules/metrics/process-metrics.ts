import { readdir } from 'node:fs/promises'
import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client'
import { ownVersion } from '../../common/platform/process.js'
import type { Writer } from '../../common/stats/stream-stats.js'

/** These list every connection in one go, in the turn of the event loop that serves the streams: 9 ms for 10,000 descriptors. */
const STALLING = [
  'process_open_fds',
  ...['handles', 'requests', 'resources'].flatMap((what) => [`nodejs_active_${what}`, `nodejs_active_${what}_total`]),
]

const OPEN_FILES = '/proc/self/fd'

/** CPU, memory, event loop and garbage collection of this process under prom-client's usual names, and what program it is. */
export function addProcessMetrics(registry: Registry, writer: Writer): void {
  collectDefaultMetrics({ register: registry })
  for (const name of STALLING) registry.removeSingleMetric(name)
  if (process.platform === 'linux') addOpenFiles(registry)
  new Gauge({
    name: 'emojitrack_build_info',
    help: 'Always 1; what runs is in the labels.',
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
      // One of them is what reads the folder.
      this.set((await readdir(OPEN_FILES)).length - 1)
    },
  })
}
