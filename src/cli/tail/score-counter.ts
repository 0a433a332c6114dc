/** The contents of the events of a stream of scores: JSON objects of id → increment or of id → total, or one id. */
export type ScoreForm = 'increments' | 'totals' | 'id'

/** The form of a stream's events; null for a stream that is not of scores. Pure. */
export function scoreForm(namespace: string, hasTotals: boolean): ScoreForm | null {
  if (namespace === 'raw') return 'id'
  if (namespace !== 'eps' && !namespace.startsWith('eps/')) return null
  return hasTotals ? 'totals' : 'increments'
}

/** The numbers in an event of a stream of scores; none in any other text. Pure. */
export function numbersOf(form: ScoreForm, data: string): [id: string, number: number][] {
  if (form === 'id') return [[data, 1]]
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
  /** Since the start, or with a snapshot in all. */
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

  constructor(
    private readonly startMs: number,
    private readonly form: ScoreForm = 'increments',
  ) {
    this.all = { count: 0, recent: 0, atMs: startMs }
  }

  /** The updates since the start, those before a snapshot excluded. */
  get total(): number {
    return this.all.count
  }

  /** Counts an event of the stream. */
  take(name: string, data: string, nowMs: number): void {
    const numbers = numbersOf(this.form, data)
    if (name === 'snapshot' && this.form !== 'id') this.begin(numbers, nowMs)
    else this.count(numbers, nowMs)
  }

  private count(numbers: [id: string, number: number][], nowMs: number): void {
    for (const [id, number] of numbers) {
      const before = this.form === 'totals' ? this.knownCount(id) : 0
      if (before !== null) this.add(id, number - before, nowMs)
    }
  }

  /** The count from which a total goes on; null for an id beyond the bound, whose count before is not known. */
  private knownCount(id: string): number | null {
    return this.entries.get(id)?.count ?? (this.entries.size < MAX_IDS ? 0 : null)
  }

  /** Replaces the counts of all ids by those of a snapshot, the highest ones; rates go on. */
  private begin(counts: [id: string, count: number][], nowMs: number): void {
    const before = new Map(this.entries)
    this.entries.clear()
    const highest = counts.length > MAX_IDS ? counts.sort(([, a], [, b]) => b - a).slice(0, MAX_IDS) : counts
    for (const [id, count] of highest) this.entries.set(id, { recent: 0, atMs: nowMs, ...before.get(id), count })
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
