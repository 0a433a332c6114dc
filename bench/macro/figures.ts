/** Every figure of a table, in its order. One that a scenario doesn't have is left out. */
export const COLUMNS = [
  { name: 'clients', title: 'clients', digits: 0 },
  { name: 'lost', title: 'lost', digits: 0 },
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
  { name: 'minEvents', title: 'min', digits: 0 },
  { name: 'maxEvents', title: 'max', digits: 0 },
  { name: 'kbPerStream', title: 'KB/stream', digits: 1 },
  { name: 'baseMb', title: 'base MB', digits: 0 },
  { name: 'slopeMbPerMinute', title: 'MB/min', digits: 1 },
  { name: 'openSeconds', title: 'open s', digits: 2 },
  { name: 'downSeconds', title: 'down s', digits: 2 },
  { name: 'backSeconds', title: 'back s', digits: 2 },
  { name: 'healthMaxMs', title: 'health ms', digits: 0 },
] as const

type FigureName = (typeof COLUMNS)[number]['name']

export type Figures = Readonly<Partial<Record<FigureName, number>>>

/** What one run has found. */
export interface Round {
  readonly figures: Figures
  /** Did each client receive exactly what was published? Null where that isn't checked. */
  readonly isExact: boolean | null
  /** What must not be. */
  readonly faults: readonly string[]
}
