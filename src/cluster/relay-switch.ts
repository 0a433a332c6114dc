import { parseRelayMessage, type RelayCounts, type RelayMessage, type RelayValue } from '../common/relay/relay.js'

/** A worker, as the switch sees it. */
export interface RelayPeer {
  post(message: RelayMessage): void
}

/** A worker that is busy or hung must not keep the others' clients waiting. */
const ANSWER_TIMEOUT_MS = 2000

/** A question under way. */
interface Round {
  readonly missing: Set<RelayPeer>
  readonly finish: () => void
  readonly values: RelayValue[]
}

/** The primary's side of the relay: passes a worker's question to all workers, their answers back, and what each counts to the others. */
export class RelaySwitch {
  private readonly board = new WorkerCounts<RelayPeer>()
  /** Those that have told anything: a worker hears nothing before it listens. */
  private readonly counting = new Set<RelayPeer>()
  private readonly peers = new Set<RelayPeer>()
  private readonly rounds = new Map<number, Round>()
  private lastId = 0

  add(peer: RelayPeer): void {
    this.peers.add(peer)
  }

  /** A worker has gone: nobody waits for it any longer. */
  remove(peer: RelayPeer): void {
    this.peers.delete(peer)
    for (const round of this.rounds.values()) this.settle(round, peer, null)
    this.counting.delete(peer)
    const had = this.board.remove(peer)
    if (had.length > 0) for (const other of this.counting) this.post(other, had)
  }

  receive(from: RelayPeer, received: unknown): void {
    const message = parseRelayMessage(received)
    if (message?.kind === 'ask') this.open(from, message)
    else if (message?.kind === 'counts') this.count(from, message.counts)
    else if (message?.kind === 'answer') {
      const round = this.rounds.get(message.id)
      if (round !== undefined) this.settle(round, from, message.value)
    }
  }

  private open(from: RelayPeer, { id, question, payload }: Extract<RelayMessage, { question: string }>): void {
    const own = ++this.lastId
    const timer = setTimeout(() => round.finish(), ANSWER_TIMEOUT_MS)
    const round: Round = {
      missing: new Set(this.peers),
      values: [],
      finish: () => {
        clearTimeout(timer)
        this.rounds.delete(own)
        if (this.peers.has(from)) from.post({ kind: 'answers', id, values: round.values })
      },
    }
    this.rounds.set(own, round)
    for (const peer of this.peers) peer.post({ kind: 'question', id: own, question, payload })
  }

  private count(from: RelayPeer, counts: RelayCounts): void {
    this.board.set(from, counts)
    if (!this.counting.has(from)) this.post(from)
    this.counting.add(from)
    const keys = Object.keys(counts)
    // The one that told hears it as well: so it knows that the others' part is theirs as of then.
    if (keys.length > 0) for (const peer of this.counting) this.post(peer, keys)
  }

  /** @param keys default: all that anybody has */
  private post(peer: RelayPeer, keys?: readonly string[]): void {
    const counts = this.board.others(peer, keys)
    peer.post({ kind: 'others', counts, own: this.board.own(peer, Object.keys(counts)) })
  }

  private settle(round: Round, peer: RelayPeer, value: RelayValue): void {
    if (!round.missing.delete(peer)) return
    if (value !== null) round.values.push(value)
    if (round.missing.size === 0) round.finish()
  }
}

/** How many of each key each worker has, as the primary knows it. Bounded by what the workers have; a key is forgotten when nobody has it. */
export class WorkerCounts<Worker> {
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
