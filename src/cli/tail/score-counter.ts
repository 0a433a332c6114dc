/** The increments in an event of `eps` (a JSON object of id → increment) or of `raw` (the id); none in what is neither. Pure. */
export function incrementsOf(namespace: 'eps' | 'raw', data: string): [id: string, increment: number][] {
  if (namespace === 'raw') return [[data, 1]]
  return Object.entries(parsed(data)).filter((entry): entry is [string, number] => Number.isSafeInteger(entry[1]))
}

function parsed(json: string): object {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

/** What has come for one id. */
export interface Tallied {
  readonly id: string
  /** Since the start. */
  readonly count: number
  /** Of late. */
  readonly perSecond: number
}

interface Entry {
  count: number
  /** A mean that forgets: e^-1 of it is left after `MEMORY_MS`. */
  recent: number
  atMs: number
}

const MEMORY_MS = 5000
/** Ids beyond count into the total alone. */
const MAX_IDS = 10_000

/** Counts updates by id, and how many come per second. Pure; times are monotonic ms. */
export class ScoreCounter {
  private readonly entries = new Map<string, Entry>()
  private readonly all: Entry

  constructor(private readonly startMs: number) {
    this.all = { count: 0, recent: 0, atMs: startMs }
  }

  get total(): number {
    return this.all.count
  }

  add(id: string, count: number, nowMs: number): void {
    bump(this.all, count, nowMs)
    let entry = this.entries.get(id)
    if (entry === undefined) {
      if (this.entries.size >= MAX_IDS) return
      entry = { count: 0, recent: 0, atMs: nowMs }
      this.entries.set(id, entry)
    }
    bump(entry, count, nowMs)
  }

  /** How many updates come per second, of all ids. */
  perSecond(nowMs: number): number {
    return this.rate(this.all, nowMs)
  }

  /** The ids with the highest counts, those that came first before others of the same count. */
  top(length: number, nowMs: number): Tallied[] {
    return [...this.entries]
      .sort(([, a], [, b]) => b.count - a.count)
      .slice(0, length)
      .map(([id, entry]) => ({ id, count: entry.count, perSecond: this.rate(entry, nowMs) }))
  }

  /** What has come lately, over the time that is remembered: all of it at first. */
  private rate(entry: Entry, nowMs: number): number {
    const remembered = 1 - Math.exp((this.startMs - nowMs) / MEMORY_MS)
    return remembered <= 0 ? 0 : left(entry, nowMs) / (remembered * (MEMORY_MS / 1000))
  }
}

function bump(entry: Entry, count: number, nowMs: number): void {
  entry.recent = left(entry, nowMs) + count
  entry.count += count
  entry.atMs = nowMs
}

const left = ({ recent, atMs }: Entry, nowMs: number) => recent * Math.exp((atMs - nowMs) / MEMORY_MS)
