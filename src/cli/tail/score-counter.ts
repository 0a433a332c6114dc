/** The increments in an event of `eps` (a JSON object of id → increment) or of `raw` (the id); none in any other text. Pure. */
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

/** The counts of one id. */
export interface IdCount {
  readonly id: string
  /** Since the start. */
  readonly count: number
  /** The recent rate. */
  readonly perSecond: number
}

interface Entry {
  count: number
  /** A sum that decays: to 1/e after `MEMORY_MS`. */
  recent: number
  atMs: number
}

const MEMORY_MS = 5000
/** Further ids count only into the total. */
const MAX_IDS = 10_000

/** Counts updates by id, and measures their rates. Pure; times are monotonic ms. */
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

  /** The rate of all updates, per second. */
  perSecond(nowMs: number): number {
    return this.rate(this.all, nowMs)
  }

  /** The ids with the highest counts. Of equal counts the id that came first is first. */
  top(length: number, nowMs: number): IdCount[] {
    return [...this.entries]
      .sort(([, a], [, b]) => b.count - a.count)
      .slice(0, length)
      .map(([id, entry]) => ({ id, count: entry.count, perSecond: this.rate(entry, nowMs) }))
  }

  /** The decayed sum, over the time that it covers, which is shorter at the start. */
  private rate(entry: Entry, nowMs: number): number {
    const covered = 1 - Math.exp((this.startMs - nowMs) / MEMORY_MS)
    return covered <= 0 ? 0 : decayed(entry, nowMs) / (covered * (MEMORY_MS / 1000))
  }
}

function bump(entry: Entry, count: number, nowMs: number): void {
  entry.recent = decayed(entry, nowMs) + count
  entry.count += count
  entry.atMs = nowMs
}

const decayed = ({ recent, atMs }: Entry, nowMs: number) => recent * Math.exp((atMs - nowMs) / MEMORY_MS)
