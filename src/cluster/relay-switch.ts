import { lengthOf, parseRelayMessage, type RelayCounts, type RelayMessage, type RelayValue } from '../common/relay/relay.js'

/** A worker, as the switch sees it. */
export interface RelayPeer {
  /** True while the worker leaves too many messages unread. */
  readonly isBusy: boolean
  /** A busy worker's message is discarded. */
  post(message: RelayMessage): void
}

/** The longest wait for answers: a worker that is busy or hangs must not delay the other workers' clients for longer. */
const ANSWER_TIMEOUT_MS = 2000

/** The number of questions of one worker that may wait for answers. */
export const MAX_ROUNDS = 1024

/** The bound on the answers that wait until their question is complete, in characters. */
export const MAX_HELD_LENGTH = 67_108_864

/** The bound on the keys whose counts a busy worker has still to get. */
const MAX_KEYS_BEHIND = 262_144

/** The state of a worker in the switch. */
interface PeerState {
  /** True once it has sent counts. A worker gets none before it listens. */
  isCounting: boolean
  /** The number of its questions that wait for answers. */
  rounds: number
  /** The keys whose counts have changed while it was busy. */
  readonly behind: Set<string>
}

/** A question whose answers are not complete. */
interface Round {
  readonly missing: Set<object>
  readonly finish: () => void
  readonly values: RelayValue[]
  heldLength: number
}

/**
 * The primary's side of the relay: passes a worker's question to all workers and their answers back, and each worker's counts to the
 * others. A worker that leaves its messages unread is left out of questions, and gets the counts in one message when it reads again.
 */
export class RelaySwitch<Peer extends RelayPeer> {
  private readonly counts = new WorkerCounts<Peer>()
  private readonly peers = new Map<Peer, PeerState>()
  private readonly rounds = new Map<number, Round>()
  private heldLength = 0
  private lastId = 0

  /** @param onLost called for a worker that reads no messages for so long that it can't follow the counts any more */
  constructor(
    private readonly onLost: (peer: Peer) => void,
    private readonly maxKeysBehind = MAX_KEYS_BEHIND,
  ) {}

  add(peer: Peer): void {
    this.peers.set(peer, { isCounting: false, rounds: 0, behind: new Set() })
  }

  /** Removes a worker that has ended. Pending questions no longer wait for it. */
  remove(peer: Peer): void {
    this.peers.delete(peer)
    for (const round of this.rounds.values()) this.record(round, peer, null)
    this.spread(this.counts.remove(peer))
  }

  receive(from: Peer, received: unknown): void {
    // Node may deliver the last messages of a worker after its exit: its counts would stay in the totals.
    const asker = this.peers.get(from)
    if (asker === undefined) return
    const message = parseRelayMessage(received)
    if (message?.kind === 'ask') this.ask(from, asker, message)
    else if (message?.kind === 'counts') this.count(from, asker, message.counts)
    else if (message?.kind === 'answer') {
      const round = this.rounds.get(message.id)
      if (round !== undefined) this.record(round, from, message.value)
    }
  }

  /** Sends a worker that is no longer busy the counts that have changed meanwhile. */
  catchUp(peer: Peer): void {
    const behind = this.peers.get(peer)?.behind
    if (behind === undefined || behind.size === 0) return
    const keys = [...behind]
    behind.clear()
    this.postCounts(peer, keys)
  }

  private ask(from: Peer, asker: PeerState, { id, question, payload }: Extract<RelayMessage, { question: string }>): void {
    if (asker.rounds >= MAX_ROUNDS) {
      from.post({ kind: 'answers', id, values: [] })
      return
    }
    const ownId = ++this.lastId
    const timer = setTimeout(() => round.finish(), ANSWER_TIMEOUT_MS)
    const round: Round = {
      missing: new Set(this.peers.keys()),
      values: [],
      heldLength: 0,
      finish: () => {
        clearTimeout(timer)
        this.rounds.delete(ownId)
        asker.rounds--
        this.heldLength -= round.heldLength
        if (this.peers.has(from)) from.post({ kind: 'answers', id, values: round.values })
      },
    }
    asker.rounds++
    this.rounds.set(ownId, round)
    for (const peer of this.peers.keys()) {
      if (peer.isBusy) this.record(round, peer, null)
      else peer.post({ kind: 'question', id: ownId, question, payload })
    }
  }

  private count(from: Peer, state: PeerState, counts: RelayCounts): void {
    this.counts.set(from, counts)
    if (!state.isCounting) this.postCounts(from, [...this.counts.keys()])
    state.isCounting = true
    // The sender gets its own counts back: the acknowledgement that the others' totals include them.
    this.spread(Object.keys(counts))
  }

  private spread(keys: readonly string[]): void {
    if (keys.length === 0) return
    for (const [peer, { isCounting }] of this.peers) if (isCounting) this.postCounts(peer, keys)
  }

  private postCounts(peer: Peer, keys: readonly string[]): void {
    if (!peer.isBusy) {
      peer.post({ kind: 'others', counts: this.counts.others(peer, keys), own: this.counts.own(peer, keys) })
      return
    }
    const behind = this.peers.get(peer)?.behind ?? new Set()
    for (const key of keys) behind.add(key)
    if (behind.size <= this.maxKeysBehind) return
    behind.clear()
    this.onLost(peer)
  }

  private record(round: Round, peer: Peer, value: RelayValue): void {
    if (!round.missing.delete(peer)) return
    const length = lengthOf(value)
    if (value !== null && this.heldLength + length <= MAX_HELD_LENGTH) {
      round.values.push(value)
      round.heldLength += length
      this.heldLength += length
    }
    if (round.missing.size === 0) round.finish()
  }
}

/**
 * Each worker's count of each key, as last sent to the primary. A key without counts is removed, so the workers' own counts bound its
 * size.
 */
export class WorkerCounts<Worker> {
  private readonly byKey = new Map<string, Map<Worker, number>>()

  keys(): IterableIterator<string> {
    return this.byKey.keys()
  }

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
  others(worker: Worker, keys: Iterable<string>): Record<string, number> {
    const sums: Record<string, number> = {}
    for (const key of keys) {
      let sum = 0
      for (const [other, count] of this.byKey.get(key) ?? []) if (other !== worker) sum += count
      sums[key] = sum
    }
    return sums
  }
}
