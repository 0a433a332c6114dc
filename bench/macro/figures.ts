/** Every figure of a table, in its order. A table leaves out the figures that its scenario does not have. */
export const COLUMNS = [
  { name: 'clients', title: 'clients', digits: 0 },
  { name: 'lost', title: 'lost', digits: 0 },
  { name: 'closedDead', title: 'closed', digits: 0 },
  { name: 'updatesPerSecond', title: 'updates/s', digits: 0 },
  { name: 'eventsPerSecond', title: 'events/s', digits: 0 },
  { name: 'cpuPercent', title: 'cpu %', digits: 0 },
  { name: 'waitedPercent', title: 'waited %', digits: 0 },
  { name: 'loadPercent', title: 'load %', digits: 0 },
  { name: 'cpuUsPerEvent', title: 'µs/event', digits: 2 },
  { name: 'cpuUsPerUpdate', title: 'µs/update', digits: 2 },
  { name: 'p50Ms', title: 'p50 ms', digits: 1 },
  { name: 'p99Ms', title: 'p99 ms', digits: 1 },
  { name: 'maxMs', title: 'max ms', digits: 1 },
  { name: 'gapMs', title: 'gap ms', digits: 0 },
  { name: 'minEvents', title: 'min', digits: 0 },
  { name: 'maxEvents', title: 'max', digits: 0 },
  { name: 'kbPerStream', title: 'KB/stream', digits: 1 },
  { name: 'baseMb', title: 'base MB', digits: 0 },
  { name: 'maxMb', title: 'max MB', digits: 0 },
  { name: 'slopeMbPerMinute', title: 'MB/min', digits: 1 },
  { name: 'openSeconds', title: 'open s', digits: 2 },
  { name: 'cpuMsPerConnect', title: 'ms/connect', digits: 3 },
  { name: 'downSeconds', title: 'down s', digits: 2 },
  { name: 'backSeconds', title: 'back s', digits: 2 },
  { name: 'healthMaxMs', title: 'health ms', digits: 0 },
  { name: 'turnMs', title: 'turn ms', digits: 1 },
  { name: 'turnCpuMs', title: 'turn cpu ms', digits: 1 },
  { name: 'missed', title: 'missed', digits: 0 },
  { name: 'kills', title: 'kills', digits: 0 },
  { name: 'restarts', title: 'restarts', digits: 0 },
  { name: 'steady', title: 'steady', digits: 0 },
  { name: 'filesBefore', title: 'files before', digits: 0 },
  { name: 'filesAfter', title: 'files after', digits: 0 },
  { name: 'exactFrom', title: 'exact from s', digits: 0 },
] as const

type FigureName = (typeof COLUMNS)[number]['name']

export type Figures = Readonly<Partial<Record<FigureName, number>>>

/** The outcome of one run. */
export interface Round {
  readonly figures: Figures
  /** Each client received exactly the published updates. Null where the run does not check that. */
  readonly isExact: boolean | null
  /** Errors: clients that are gone, wrong sums, malformed payloads. */
  readonly faults: readonly string[]
}
