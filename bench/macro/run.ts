import { setTimeout as delay } from 'node:timers/promises'
import type { Settlement } from './clients/commands.js'
import type { Figures, Round } from './figures.js'
import type { Pinning } from './machine/host.js'
import { measureWindow, type Window } from './measure-window.js'
import { checksSums, hasLatency, type Scenario } from './scenario.js'
import { Stage } from './stage.js'
import type { Variant } from './variant.js'

/** Time for memory and processors to settle. */
const REST_MS = 1000
/** With fewer streams the memory of one is lost in that of the server. */
const MIN_STREAMS = 100

/** Runs a scenario once, with processes of its own. */
export async function run(scenario: Scenario, variant: Variant, seconds: number, pinning: Pinning): Promise<Round> {
  const stage = await Stage.set(scenario, variant, pinning)
  try {
    await delay(REST_MS)
    const baseMb = stage.usage().residentKb / 1024
    const begun = await begin(scenario, stage)
    await delay(scenario.warmUpMs)
    const window = await measureWindow(scenario, stage, seconds)
    const published = await stage.feeder.stop()
    const settlement = checksSums(scenario) ? await stage.clients.settle(published) : null
    const outcome = settlement && (scenario.feed.junk > 0 ? outcomeBySecond(settlement) : outcomeOf(settlement, scenario))
    return {
      figures: { clients: scenario.clients, baseMb, ...begun, ...figuresOf(scenario, window, baseMb), ...outcome?.figures },
      isExact: outcome?.isExact ?? null,
      faults: [...faultsOf(scenario, window, published.unheard), ...(outcome?.faults ?? [])],
    }
  } finally {
    await stage.end()
  }
}

/** Opens all streams and starts the feed; in a storm the feed comes first. */
async function begin({ isStorm, isRestarted, clients }: Scenario, stage: Stage): Promise<Figures> {
  if (isStorm) await stage.feeder.start()
  await stage.dead?.open()
  await stage.crowd?.open()
  const before = stage.usage()
  const { startedNs, openedNs } = await stage.clients.open()
  const cpuSeconds = stage.usage().cpuSeconds - before.cpuSeconds
  if (!isStorm) await stage.feeder.start()
  if (isStorm) return { openSeconds: (openedNs - startedNs) / 1e9, cpuMsPerConnect: (cpuSeconds * 1000) / clients }
  if (!isRestarted) return {}
  await delay(REST_MS)
  const { stoppedNs, readyNs } = await stage.restart()
  const back = await stage.clients.return()
  return { downSeconds: (readyNs - stoppedNs) / 1e9, backSeconds: (back.openedNs - stoppedNs) / 1e9 }
}

type Outcome = Round & { readonly isExact: boolean }

const outcomeOf = ({ exact, faults }: Settlement, { clients }: Scenario): Outcome => ({ figures: {}, isExact: exact === clients, faults })

/** After junk each second counts for itself. The server has to be exact from the second one on. */
function outcomeBySecond({ seconds }: Settlement): Outcome {
  const exactFrom = seconds.findLastIndex(({ isExact }) => !isExact) + 1
  const missed = seconds.reduce((sum, second) => sum + second.missed, 0)
  const isExact = exactFrom <= 1
  return {
    figures: { missed, ...(exactFrom < seconds.length && { exactFrom }) },
    isExact,
    faults: isExact ? [] : [`${missed} updates after the junk are missing, in the seconds ${inexact(seconds)}`],
  }
}

const inexact = (seconds: Settlement['seconds']) => seconds.flatMap(({ isExact }, second) => (isExact ? [] : [second])).join(', ')

function figuresOf(scenario: Scenario, window: Window, baseMb: number): Figures {
  const { seconds, received, published, cpuSeconds, waitedSeconds, loadCpuSeconds } = window
  return {
    lost: scenario.clients - received.open,
    updatesPerSecond: published / seconds,
    eventsPerSecond: received.events / seconds,
    cpuPercent: (cpuSeconds / seconds) * 100,
    waitedPercent: (waitedSeconds / seconds) * 100,
    loadPercent: (loadCpuSeconds / seconds) * 100,
    ...(scenario.costsPerUpdate ? { cpuUsPerUpdate: (cpuSeconds * 1e6) / published } : costsOf(window, baseMb)),
    ...(hasLatency(scenario) && latenciesOf(window)),
    ...(scenario.measuresGaps && { gapMs: received.gapNs / 1e6 }),
    ...(scenario.recordsMemory && { maxMb: window.residentMaxKb / 1024 }),
    ...extrasOf(window),
  }
}

/** The figures that some scenarios have. */
function extrasOf({ healthMaxMs, slopeMbPerMinute, longestTurn, closedDead }: Window): Figures {
  return {
    ...(healthMaxMs !== undefined && { healthMaxMs }),
    ...(slopeMbPerMinute !== undefined && { slopeMbPerMinute }),
    ...(longestTurn !== undefined && { turnMs: longestTurn.wallMs, turnCpuMs: longestTurn.cpuMs }),
    ...(closedDead !== undefined && { closedDead }),
  }
}

/** The cost of an event and of a stream. */
function costsOf({ received, cpuSeconds, residentKb }: Window, baseMb: number): Figures {
  const { events, min, max, open } = received
  return {
    ...(open >= MIN_STREAMS && { kbPerStream: (residentKb - baseMb * 1024) / open }),
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
  if (unheard > 0 && !isRestarted) faults.push(`${unheard} messages had no receiver in Redis`)
  return faults
}
