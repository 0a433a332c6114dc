import type { OpenStream, StreamListener } from '../src/stream.js'

/** An update with its post. All nodes receive all of them in the same order. */
interface Update {
  readonly id: string
  readonly post: string
}

/** A node: how many updates it has received, and the epoch of its positions. */
interface Node {
  seen: number
  epoch: string
}

/** One stream that a client has asked for. */
interface Stream {
  readonly namespaces: readonly string[]
  readonly lastId: string
  readonly listener: StreamListener
  node: Node | null
  /** The updates of which the client has the totals, and those of which it has the messages. */
  at: { eps: number; messages: number }
}

const SHARED = 'shared'

/** A cluster of two nodes behind a load balancer, whose every step a test takes. It sends what docs/wire-format.md says. */
export class PlayedServer {
  readonly updates: Update[] = []
  readonly streams: Stream[] = []
  private readonly nodes: readonly [Node, Node] = [
    { seen: 0, epoch: SHARED },
    { seen: 0, epoch: SHARED },
  ]
  private target: 0 | 1 = 0
  private epochs = 0

  readonly open: OpenStream = (namespaces, lastId, listener) => {
    const stream: Stream = { namespaces, lastId, listener, node: null, at: { eps: 0, messages: 0 } }
    this.streams.push(stream)
    return { close: () => this.remove(stream) }
  }

  publish(id: string): void {
    this.updates.push({ id, post: `${id} ${this.updates.length}` })
  }

  /** A node receives updates, at most so many. */
  receive(index: 0 | 1, most: number): void {
    const node = this.nodes[index]
    node.seen = Math.min(this.updates.length, node.seen + most)
  }

  /** Sends new streams to the other node. */
  hop(): void {
    this.target = this.target === 0 ? 1 : 0
  }

  /** A node ends, and another one takes its place, which can't resolve the ids of others before it is verified. */
  restart(index: 0 | 1): void {
    const node = this.nodes[index]
    for (const stream of [...this.streams]) if (stream.node === node) this.end(stream, {})
    node.epoch = `private${++this.epochs}`
    node.seen = this.updates.length
  }

  verify(): void {
    for (const node of this.nodes) {
      if (node.epoch === SHARED) continue
      node.epoch = SHARED
      // An id of the private epoch still resolves on its node, in this model only at the same place.
      for (const stream of this.streams) if (stream.node === node) this.flush(stream)
    }
  }

  /** Answers the oldest request that waits: a stream, or a refusal. */
  answer(isRefused = false): void {
    const stream = this.streams.find(({ node }) => node === null)
    if (stream === undefined) return
    if (isRefused) this.end(stream, { status: 503, retryMs: 50 })
    else this.begin(stream, this.nodes[this.target])
  }

  /** Cuts the oldest open stream. */
  cut(): void {
    const stream = this.streams.find(({ node }) => node !== null)
    if (stream !== undefined) this.end(stream, { retryMs: 50 })
  }

  /** Sends what each stream has not got. */
  flushAll(): void {
    for (const stream of [...this.streams]) this.flush(stream)
  }

  totals(to = this.updates.length): Record<string, number> {
    const totals: Record<string, number> = {}
    for (const { id } of this.updates.slice(0, to)) totals[id] = (totals[id] ?? 0) + 1
    return totals
  }

  private begin(stream: Stream, node: Node): void {
    const { namespaces, lastId, listener, at } = stream
    const [, epoch, eps, messages] = /^(\w+)-(\d+)_(\d+)$/.exec(lastId) ?? []
    const isServed = epoch === node.epoch && Number(eps) <= node.seen && Number(messages) <= node.seen
    stream.node = node
    at.eps = isServed ? Number(eps) : node.seen
    at.messages = isServed ? Number(messages) : node.seen
    const id = this.idOf(stream, node)
    listener.onOpen()
    this.send(stream, '', '', id)
    if (lastId !== '' && !isServed) this.send(stream, 'reset', '{"reason":"unknown"}', id)
    if (!isServed && namespaces.some(isEps)) this.send(stream, 'snapshot', JSON.stringify(this.wanted(stream, at.eps)), id)
  }

  private flush(stream: Stream): void {
    const { node, namespaces, at } = stream
    if (node === null) return
    const changed = new Set(this.updates.slice(at.eps, node.seen).map(({ id }) => id))
    if (namespaces.some(isEps) && at.eps < node.seen) {
      at.eps = node.seen
      const totals = Object.entries(this.wanted(stream, node.seen)).filter(([id]) => changed.has(id))
      if (totals.length > 0) this.send(stream, 'eps', JSON.stringify(Object.fromEntries(totals)), this.idOf(stream, node))
    }
    while (at.messages < node.seen) {
      const update = this.updates[at.messages++]
      if (update === undefined || !namespaces.includes(`details/${update.id}`)) continue
      this.send(stream, `stream.tweet_updates.${update.id}`, update.post, this.idOf(stream, node))
    }
  }

  /** The totals that the namespaces of a stream ask for. */
  private wanted({ namespaces }: Stream, to: number): Record<string, number> {
    const isWanted = ([id]: [string, number]) => namespaces.includes('eps') || namespaces.includes(`eps/${id}`)
    return Object.fromEntries(Object.entries(this.totals(to)).filter(isWanted))
  }

  private idOf({ at, namespaces }: Stream, { epoch, seen }: Node): string {
    return `${epoch}-${namespaces.some(isEps) ? at.eps : at.messages}_${namespaces.some(isDetails) ? at.messages : Math.min(at.eps, seen)}`
  }

  private send(stream: Stream, event: string, data: string, id: string): void {
    if (this.streams.includes(stream)) stream.listener.onFrame(event, data, id)
  }

  private end(stream: Stream, end: Parameters<StreamListener['onEnd']>[0]): void {
    this.remove(stream)
    stream.listener.onEnd(end)
  }

  private remove(stream: Stream): void {
    const index = this.streams.indexOf(stream)
    if (index >= 0) this.streams.splice(index, 1)
  }
}

const isEps = (namespace: string) => namespace === 'eps' || namespace.startsWith('eps/')
const isDetails = (namespace: string) => namespace.startsWith('details')
