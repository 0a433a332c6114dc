import { parseRelayMessage, type RelayCounts, type RelayMessage, type RelayValue } from '../common/relay/relay.js'

/** A worker, as the switch sees it. */
export interface RelayPeer {
  post(message: RelayMessage): void
}

/** The longest wait for answers: a worker that is busy or hangs must not delay the other workers' clients for longer. */
const ANSWER_TIMEOUT_MS = 2000

/** A question whose answers are not complete. */
interface PendingQuestion {
  readonly missing: Set<RelayPeer>
  readonly finish: () => void
  readonly values: RelayValue[]
}

/**
 * The primary's side of the relay: passes a worker's question to all workers and their answers back, and each worker's counts to the
 * others.
 */
export class RelaySwitch {
  private readonly counts = new WorkerCounts<RelayPeer>()
  /** The workers that have sent counts. A worker gets none before it listens. */
  private readonly counting = new Set<RelayPeer>()
  private readonly peers = new Set<RelayPeer>()
  private readonly pending = new Map<number, PendingQuestion>()
  private lastId = 0

  add(peer: RelayPeer): void {
    this.peers.add(peer)
  }

  /** Removes a worker that has ended. Pending questions no longer wait for it. */
  remove(peer: RelayPeer): void {
    this.peers.delete(peer)
    for (const question of this.pending.values()) this.record(question, peer, null)
    this.counting.delete(peer)
    const keys = this.counts.remove(peer)
    if (keys.length > 0) for (const other of this.counting) this.postCounts(other, keys)
  }

  receive(from: RelayPeer, received: unknown): void {
    // Node may deliver the last messages of a worker after its exit: its counts would stay in the totals.
    if (!this.peers.has(from)) return
    const message = parseRelayMessage(received)
    if (message?.kind === 'ask') this.ask(from, message)
    else if (message?.kind === 'counts') this.count(from, message.counts)
    else if (message?.kind === 'answer') {
      const question = this.pending.get(message.id)
      if (question !== undefined) this.record(question, from, message.value)
    }
  }

  private ask(from: RelayPeer, { id, question, payload }: Extract<RelayMessage, { question: string }>): void {
    const ownId = ++this.lastId
    const timer = setTimeout(() => pending.finish(), ANSWER_TIMEOUT_MS)
    const pending: PendingQuestion = {
      missing: new Set(this.peers),
      values: [],
      finish: () => {
        clearTimeout(timer)
        this.pending.delete(ownId)
        if (this.peers.has(from)) from.post({ kind: 'answers', id, values: pending.values })
      },
    }
    this.pending.set(ownId, pending)
    for (const peer of this.peers) peer.post({ kind: 'question', id: ownId, question, payload })
  }

  private count(from: RelayPeer, counts: RelayCounts): void {
    this.counts.set(from, counts)
    if (!this.counting.has(from)) this.postCounts(from)
    this.counting.add(from)
    const keys = Object.keys(counts)
    // The sender gets its own counts back: the acknowledgement that the others' totals include them.
    if (keys.length > 0) for (const peer of this.counting) this.postCounts(peer, keys)
  }

  /** @param keys default: all keys of all workers */
  private postCounts(peer: RelayPeer, keys?: readonly string[]): void {
    const counts = this.counts.others(peer, keys)
    peer.post({ kind: 'others', counts, own: this.counts.own(peer, Object.keys(counts)) })
  }

  private record(question: PendingQuestion, peer: RelayPeer, value: RelayValue): void {
    if (!question.missing.delete(peer)) return
    if (value !== null) question.values.push(value)
    if (question.missing.size === 0) question.finish()
  }
}

/**
 * Each worker's count of each key, as last sent to the primary. A key without counts is removed, so the workers' own counts bound its
 * size.
 */
export class WorkerCounts<Worker> {
  private readonly byKey = new Map<string, Map<Worker, number>>()

  /** Stores a worker's counts of some keys. */
  set(worker: Worker, counts: RelayCounts): void {
    for (const [key, count] of Object.entries(counts)) {
      const byWorker = this.byKey.get(key) ?? new Map<Worker, number>()
      if (count === 0) byWorker.delete(worker)
      else byWorker.set(worker, count)
      if (byWorker.size === 0) this.byKey.delete(key)
      else this.byKey.set(key, byWorker)
    }
  }

  /** Removes a worker that has ended. Returns the keys of which it had a count. */
  remove(worker: Worker): string[] {
    const keys = [...this.byKey].filter(([, byWorker]) => byWorker.has(worker)).map(([key]) => key)
    this.set(worker, Object.fromEntries(keys.map((key) => [key, 0])))
    return keys
  }

  /** A worker's own counts of these keys. */
  own(worker: Worker, keys: Iterable<string>): Record<string, number> {
    return Object.fromEntries([...keys].map((key) => [key, this.byKey.get(key)?.get(worker) ?? 0]))
  }

  /** The totals of all other workers. */
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
