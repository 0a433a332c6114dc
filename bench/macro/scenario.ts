import type { Feed } from './feed/commands.js'
import { EPS_PATH } from './wire.js'

/** Clients that are a load, and no measurement. */
export interface Crowd {
  /** One for each client. A `#` is another name for each connection. */
  readonly paths: readonly string[]
  /** The number of them a second that hang up; each dials again within a second. */
  readonly hangUpsPerSecond: number
  /** They stop reading at random times. */
  readonly pauses: boolean
}

/** A load, as data. `scenarios.ts` has them all. */
export interface Scenario {
  /** For `--help`. */
  readonly about: string
  readonly clients: number
  /** Dealt to the clients in turn. */
  readonly paths: readonly string[]
  /** Clients beside the others that read nothing but the head of the answer, one for each path. The server may close them. */
  readonly dead: readonly string[]
  /** Clients beside the others that read everything and count nothing; null for none. */
  readonly crowd: Crowd | null
  /** The run is a soak: faults again and again, each phase between two of them with sums of its own. */
  readonly isSoak: boolean
  /** A second load for each server, with these paths: the costs of the first are given as a multiple of those of this one. */
  readonly reference: { readonly label: string; readonly paths: readonly string[] } | null
  readonly feed: Feed
  /** The length of the window, unless an option sets it. */
  readonly seconds: number
  /** The time between the start of the feed and the window. */
  readonly warmUpMs: number
  /** All clients connect at once and after the start of the feed. Otherwise 2000 a second connect, before its start. */
  readonly isStorm: boolean
  /** The server is restarted when all clients are connected. */
  readonly isRestarted: boolean
  /** The number of clients that read nothing before the end of the window. */
  readonly neverRead: number
  /** All clients stop reading at random times, until the end of the window. */
  readonly pauses: boolean
  /** The window includes a poll of /health/live. */
  readonly pollsHealth: boolean
  /** The window includes a sample of the memory each second. */
  readonly recordsMemory: boolean
  /** The window includes the longest turn of the event loop, by a probe inside the server. */
  readonly measuresTurns: boolean
  /** The window includes the longest time between two events of a client. */
  readonly measuresGaps: boolean
  /** The CPU time is divided by the updates published, not by the events delivered. */
  readonly costsPerUpdate: boolean
}

export const scenario = (about: string, clients: number, special: Partial<Omit<Scenario, 'about' | 'clients'>> = {}): Scenario => ({
  about,
  clients,
  paths: [EPS_PATH],
  dead: [],
  crowd: null,
  isSoak: false,
  reference: null,
  feed: scores(400),
  seconds: 8,
  warmUpMs: 2000,
  isStorm: false,
  isRestarted: false,
  neverRead: 0,
  pauses: false,
  pollsHealth: false,
  recordsMemory: false,
  measuresTurns: false,
  measuresGaps: false,
  costsPerUpdate: false,
  ...special,
})

const feed = (kind: Feed['kind'], perSecond: number, special: Partial<Omit<Feed, 'kind' | 'perSecond'>>): Feed => ({
  kind,
  perSecond,
  ids: 'emoji',
  postLength: 240,
  junk: 0,
  isScored: false,
  ...special,
})

export const scores = (perSecond: number, special: Partial<Feed> = {}): Feed => feed('scores', perSecond, special)

/** Scores as a publisher moves them that follows docs/publishing.md. */
export const scored = (perSecond: number): Feed => scores(perSecond, { isScored: true })

export const details = (perSecond: number, special: Partial<Feed> = {}): Feed => feed('details', perSecond, special)

/** Scores, each with its post. */
export const scoresWithPosts = (perSecond: number, special: Partial<Feed> = {}): Feed => feed('both', perSecond, special)

/** Sums are comparable where every client listens from the first update to the last one. */
export const checksSums = ({ isStorm, isRestarted }: Scenario): boolean => !isStorm && !isRestarted

/** The age of an update on arrival is a figure of the server only where every client reads at once. */
export const hasLatency = ({ pauses }: Scenario): boolean => !pauses
