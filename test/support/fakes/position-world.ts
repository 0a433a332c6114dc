import type { Verdict } from '../../../src/common/positions/cut.js'
import { ScoreLog } from '../../../src/common/score-log/score-log.js'
import { ScoreSummary } from '../../../src/common/score-log/score-summary.js'
import { positionsOf } from './positions.js'

type Scores = Map<string, number>
type Message = { readonly id: string } | { readonly marker: number }

/** A Redis whose publishers move scores and publish in one step, and the nodes that are subscribed to it. */
export class PositionWorld {
  scores: Scores = new Map()
  epoch = 'epoch000'
  /** Whether it refuses to be given another epoch. */
  refusesNames = false
  readonly nodes: ModelNode[]
  private epochs = 0

  constructor(count: number, capacity: number) {
    this.nodes = Array.from({ length: count }, (_, n) => new ModelNode(this, `private${n}`, capacity))
  }

  publish(id: string): void {
    this.scores.set(id, (this.scores.get(id) ?? 0) + 1)
    this.announce(id)
  }

  /** Publishes without a change of the scores. */
  announce(id: string): void {
    for (const node of this.nodes) node.send({ id })
  }

  /** Gives Redis another epoch where it has `old`. */
  renewEpoch(old: string): void {
    if (this.epoch === old && !this.refusesNames) this.epoch = `epoch${String(++this.epochs).padStart(3, '0')}`
  }

  /** Restarts Redis with older scores. */
  restore(scores: Scores): void {
    this.scores = new Map(scores)
    for (const node of this.nodes) node.disconnect()
  }

  /** Brings every node up to date, with a cut after all messages. */
  settle(): void {
    this.refusesNames = false
    for (const node of this.nodes) {
      node.connect()
      for (let cuts = 0; cuts < 3; cuts++) node.cut()
    }
  }
}

/** A node as far as positions go: a subscription, cuts, and the log. */
export class ModelNode {
  readonly log: ScoreLog
  readonly parts: ReturnType<typeof positionsOf>
  readonly verdicts: Verdict['kind'][] = []
  private queue: Message[] = []
  private isConnected = true
  private marks = 0
  private pending: { readonly marker: number; readonly epoch: string; readonly scores: Scores } | null = null

  constructor(
    private readonly world: PositionWorld,
    epoch: string,
    capacity: number,
  ) {
    this.log = new ScoreLog({ capacity, maxIds: 64 })
    this.parts = positionsOf(this.log, { epoch })
  }

  send(message: Message): void {
    if (this.isConnected) this.queue.push(message)
  }

  connect(): void {
    this.isConnected = true
  }

  disconnect(): void {
    this.isConnected = false
    this.queue = []
    this.pending = null
    this.parts.sequence.interrupt()
  }

  /** Receives so many messages. */
  receive(count: number): void {
    for (const message of this.queue.splice(0, count)) {
      if ('id' in message) {
        this.log.append(Buffer.from(message.id))
        this.parts.totals.advance()
      } else if (message.marker === this.pending?.marker && !this.parts.sequence.mark()) this.pending = null
      this.log.seal()
    }
  }

  /** Begins a cut: its scores are those of now, and its marker comes behind all messages of now. */
  beginCut(): void {
    if (!this.isConnected || this.pending !== null || this.parts.sequence.isHealing) return
    this.pending = { marker: ++this.marks, epoch: this.world.epoch, scores: new Map(this.world.scores) }
    this.queue.push({ marker: this.marks })
  }

  /** Ends the cut, once its marker has come. */
  endCut(): void {
    const { pending } = this
    if (pending === null || this.queue.some((message) => 'marker' in message)) return
    this.pending = null
    const { sequence } = this.parts
    const { epoch, scores } = pending
    const verdict = sequence.judge({ epoch, scores, sum: [...scores.values()].reduce((sum, score) => sum + score, 0) }, 0)
    this.verdicts.push(verdict.kind)
    if (verdict.kind === 'drift' || verdict.kind === 'lost') this.world.renewEpoch(epoch)
    if (verdict.kind !== 'missed') return
    let entries = 0
    for (const [id, amount] of verdict.missed) if (this.log.heal(Buffer.from(id), amount) === null) entries++
    this.parts.totals.advance()
    this.log.seal()
    sequence.healed(entries, verdict.updates)
  }

  /** A whole cut, and all messages before it. */
  cut(): void {
    this.beginCut()
    this.receive(Number.POSITIVE_INFINITY)
    this.endCut()
  }

  /** The totals that this node knows, without those that are 0. */
  get totals(): Scores {
    return new Map([...this.parts.totals].filter(({ total }) => total !== 0).map(({ id, total }) => [id, total]))
  }
}

/** A client that keeps totals: a snapshot, and the increments of eps behind it. It remembers the last id alone. */
export class ModelClient {
  totals: Scores = new Map()
  readonly outcomes: string[] = []
  private id = ''
  private cursor = 0
  private basis = -1
  node: ModelNode

  constructor(node: ModelNode) {
    this.node = node
    this.begin()
  }

  /** Takes what its node has. A new basis of the totals ends the stream, and the client begins anew. */
  read(): void {
    const { log, parts } = this.node
    if (parts.totals.basis !== this.basis || this.cursor < log.oldest) {
      this.hop(this.node)
      return
    }
    const summary = new ScoreSummary(log, Buffer.alloc(0)).reset(log.position)
    if (!summary.extendTo(this.cursor)) throw new Error('the log has lost the cursor')
    for (const [id, count] of Object.entries<number>(JSON.parse(summary.toData().toString())))
      this.totals.set(id, (this.totals.get(id) ?? 0) + count)
    this.cursor = log.position
    this.id = parts.positions.idAt(this.cursor)
  }

  /** Goes on at a node, from the last id where that is possible. */
  hop(node: ModelNode): void {
    let place = node.parts.positions.resolve(this.id)
    if (place.kind === 'ahead') {
      node.receive(Number.POSITIVE_INFINITY)
      place = node.parts.positions.resolve(this.id)
    }
    this.node = node
    if (place.kind !== 'at' || place.eps < node.log.oldest) {
      this.outcomes.push(place.kind === 'reset' ? place.reason : place.kind)
      this.begin()
      return
    }
    this.outcomes.push('served')
    this.cursor = place.eps
    this.basis = node.parts.totals.basis
    this.read()
  }

  private begin(): void {
    const { snapshots, totals } = this.node.parts
    const { at, id, json } = snapshots.current(Number.POSITIVE_INFINITY)
    this.totals = new Map(Object.entries<number>(JSON.parse(json.toString())))
    this.cursor = at
    this.id = id
    this.basis = totals.basis
  }
}
