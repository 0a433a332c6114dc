import { parseRelayMessage, type RelayCounts, type RelayMessage, type RelayValue } from '../common/relay/relay-message.js'
import { TallyBoard } from './tally-board.js'

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
  private readonly board = new TallyBoard<RelayPeer>()
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
    const keys = Object.keys(counts)
    if (keys.length > 0) for (const other of this.counting) if (other !== from) this.post(other, keys)
    if (this.counting.has(from)) return
    this.counting.add(from)
    from.post({ kind: 'others', counts: this.board.others(from) })
  }

  private post(peer: RelayPeer, keys: readonly string[]): void {
    peer.post({ kind: 'others', counts: this.board.others(peer, keys) })
  }

  private settle(round: Round, peer: RelayPeer, value: RelayValue): void {
    if (!round.missing.delete(peer)) return
    if (value !== null) round.values.push(value)
    if (round.missing.size === 0) round.finish()
  }
}
