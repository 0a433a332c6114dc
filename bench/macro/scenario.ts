import type { Feed } from './feed/commands.js'
import { EPS_PATH } from './paths.js'

/** A load, as data. `scenarios.ts` has them all. */
export interface Scenario {
  /** For `--help`. */
  readonly about: string
  readonly clients: number
  /** Dealt to the clients in turn. */
  readonly paths: readonly string[]
  readonly feed: Feed
  /** How long to measure unless told otherwise. */
  readonly seconds: number
  /** Do all clients connect at once, while updates are published already? Else 2000 a second, before anything is published. */
  readonly isStorm: boolean
  /** Is the server restarted, once all are connected? */
  readonly isRestarted: boolean
  /** So many clients read nothing before the measurement is over. */
  readonly neverRead: number
  /** Do all clients stop reading for random times, until the measurement is over? */
  readonly pauses: boolean
  /** Is /health/live asked all the time? */
  readonly pollsHealth: boolean
  /** Is the memory noted each second? */
  readonly recordsMemory: boolean
  /** Is the CPU time to be divided by the updates published, not by the events delivered? */
  readonly costsPerUpdate: boolean
}

export const scenario = (about: string, clients: number, special: Partial<Omit<Scenario, 'about' | 'clients'>> = {}): Scenario => ({
  about,
  clients,
  paths: [EPS_PATH],
  feed: scores(400),
  seconds: 8,
  isStorm: false,
  isRestarted: false,
  neverRead: 0,
  pauses: false,
  pollsHealth: false,
  recordsMemory: false,
  costsPerUpdate: false,
  ...special,
})

export const scores = (perSecond: number, ids: Feed['ids'] = 'emoji'): Feed => ({ kind: 'scores', perSecond, ids })

export const details = (perSecond: number): Feed => ({ kind: 'details', perSecond, ids: 'emoji' })

/** Sums can be checked where every client listens from before the first update until after the last one. */
export const checksSums = ({ isStorm, isRestarted }: Scenario): boolean => !isStorm && !isRestarted

/** An age on arrival says something of the server where every client reads at once. */
export const hasLatency = ({ pauses }: Scenario): boolean => !pauses
