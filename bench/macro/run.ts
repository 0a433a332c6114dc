import { setTimeout as delay } from 'node:timers/promises'
import type { Figures, Round } from './figures.js'
import type { Pinning } from './machine/cpus.js'
import { measureWindow, type Window } from './measure-window.js'
import { checksSums, hasLatency, type Scenario } from './scenario.js'
import { Stage } from './stage.js'
import type { Variant } from './variant.js'

/** For memory and processors to come to rest. */
const REST_MS = 1000
const WARM_UP_MS = 2000

/** Runs a scenario once, with processes of its own. */
export async function run(scenario: Scenario, variant: Variant, seconds: number, pinning: Pinning): Promise<Round> {
  const stage = await Stage.set(scenario, variant, pinning)
  try {
    await delay(REST_MS)
    const baseMb = stage.usage().residentKb / 1024
    const begun = await begin(scenario, stage)
    await delay(WARM_UP_MS)
    const window = await measureWindow(scenario, stage, seconds)
    const { tallies, unheard } = await stage.feeder.stop()
    const settlement = checksSums(scenario) ? await stage.clients.settle(tallies) : null
    return {
      figures: { clients: scenario.clients, baseMb, ...begun, ...figuresOf(scenario, window, baseMb) },
      isExact: settlement && settlement.exact === scenario.clients,
      faults: [...faultsOf(scenario, window, unheard), ...(settlement?.faults ?? [])],
    }
  } finally {
    await stage.end()
  }
}

/** Opens all streams and starts the feed; in a storm the feed comes first. */
async function begin({ isStorm, isRestarted }: Scenario, stage: Stage): Promise<Figures> {
  if (isStorm) await stage.feeder.start()
  const { startedNs, openedNs } = await stage.clients.open()
  if (!isStorm) await stage.feeder.start()
  if (!isRestarted) return isStorm ? { openSeconds: (openedNs - startedNs) / 1e9 } : {}
  await delay(REST_MS)
  const { stoppedNs, readyNs } = await stage.restart()
  const back = await stage.clients.return()
  return { downSeconds: (readyNs - stoppedNs) / 1e9, backSeconds: (back.openedNs - stoppedNs) / 1e9 }
}

function figuresOf(scenario: Scenario, window: Window, baseMb: number): Figures {
  const { seconds, received, published, cpuSeconds, waitedSeconds, loadCpuSeconds, healthMaxMs, slopeMbPerMinute } = window
  return {
    lost: scenario.clients - received.open,
    updatesPerSecond: published / seconds,
    eventsPerSecond: received.events / seconds,
    cpuPercent: (cpuSeconds / seconds) * 100,
    waitedPercent: (waitedSeconds / seconds) * 100,
    loadPercent: (loadCpuSeconds / seconds) * 100,
    ...(scenario.costsPerUpdate ? { cpuUsPerUpdate: (cpuSeconds * 1e6) / published } : costsOf(window, baseMb)),
    ...(hasLatency(scenario) && latenciesOf(window)),
    ...(healthMaxMs !== undefined && { healthMaxMs }),
    ...(slopeMbPerMinute !== undefined && { slopeMbPerMinute }),
  }
}

/** What an event and a stream cost. */
function costsOf({ received, cpuSeconds, residentKb }: Window, baseMb: number): Figures {
  const { events, min, max, open } = received
  return {
    kbPerStream: (residentKb - baseMb * 1024) / Math.max(1, open),
    ...(events > 0 && { cpuUsPerEvent: (cpuSeconds * 1e6) / events, minEvents: min, maxEvents: max }),
  }
}

function latenciesOf({ received: { latencies } }: Window): Figures {
  const [p50, p99, max] = [latencies.quantile(0.5), latencies.quantile(0.99), latencies.max]
  return p50 === undefined || p99 === undefined || max === undefined ? {} : { p50Ms: p50 / 1000, p99Ms: p99 / 1000, maxMs: max / 1000 }
}

function faultsOf({ clients, isRestarted }: Scenario, { received, healthMaxMs }: Window, unheard: number): string[] {
  const faults: string[] = []
  if (received.open < clients) faults.push(`${clients - received.open} clients are not connected`)
  if (healthMaxMs === Number.POSITIVE_INFINITY) faults.push('/health/live did not answer')
  if (received.malformed > 0) faults.push(`${received.malformed} payloads are malformed`)
  if (unheard > 0 && !isRestarted) faults.push(`Redis had nobody to give ${unheard} updates to`)
  return faults
}
