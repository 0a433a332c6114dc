import type { RelayCounts } from '../common/relay/relay-message.js'

/** How many of each key each worker has, as the primary knows it. Bounded by what the workers have; a key is forgotten when nobody has it. */
export class TallyBoard<Worker> {
  private readonly byKey = new Map<string, Map<Worker, number>>()

  /** Notes what a worker has now. */
  set(worker: Worker, counts: RelayCounts): void {
    for (const [key, count] of Object.entries(counts)) {
      const byWorker = this.byKey.get(key) ?? new Map<Worker, number>()
      if (count === 0) byWorker.delete(worker)
      else byWorker.set(worker, count)
      if (byWorker.size === 0) this.byKey.delete(key)
      else this.byKey.set(key, byWorker)
    }
  }

  /** Forgets a worker that has gone. Returns the keys of which it had any. */
  remove(worker: Worker): string[] {
    const had = [...this.byKey].filter(([, byWorker]) => byWorker.has(worker)).map(([key]) => key)
    this.set(worker, Object.fromEntries(had.map((key) => [key, 0])))
    return had
  }

  /** How many of these keys a worker has. */
  own(worker: Worker, keys: Iterable<string>): Record<string, number> {
    return Object.fromEntries([...keys].map((key) => [key, this.byKey.get(key)?.get(worker) ?? 0]))
  }

  /** How many all workers but this one have together. */
  others(worker: Worker, keys: Iterable<string> = this.byKey.keys()): Record<string, number> {
    const sums: Record<string, number> = {}
    for (const key of keys) {
      let sum = 0
      for (const [other, count] of this.byKey.get(key) ?? []) if (other !== worker) sum += count
      sums[key] = sum
    }
    return sums
  }
}
