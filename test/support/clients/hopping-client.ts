import { isMessage, type SseBlock } from '../wire/sse-parser.js'
import { RawClient } from './raw-client.js'

/** How the client hands over its last event id: as EventSource does, or in the URL. */
export type Via = 'header' | 'query'

/** The options of a {@link HoppingClient}. */
export interface HoppingOptions {
  /** The path with its query, `/subscribe/eps?resume=1` for example. */
  readonly path: string
  readonly via: Via
}

/**
 * A client that leaves its stream again and again and goes on elsewhere with its last event id. It keeps whole events alone, as a browser
 * does: bytes of an event that a cut has divided are lost.
 */
export class HoppingClient {
  /** The sums of increments by id, since the last snapshot or reset. */
  readonly counts = new Map<string, number>()
  /** The totals of the last snapshot, and of frames of totals after it. */
  readonly totals = new Map<string, number>()
  /** The ids of raw frames, in order. */
  readonly updates: string[] = []
  /** The data of details, in order. */
  readonly details: string[] = []
  /** The data of `gap` and `reset` events. */
  readonly faults: string[] = []
  snapshots = 0
  connections = 0
  /** The last event id; '' before the first. */
  id = ''
  readonly #path: string
  readonly #via: Via
  readonly #hasTotals: boolean
  readonly #unnamed: 'eps' | 'raw'
  #stream: RawClient | undefined
  #taken = 0

  constructor({ path, via }: HoppingOptions) {
    this.#path = path
    this.#via = via
    this.#hasTotals = /[?&]totals=1/.test(path)
    this.#unnamed = path.startsWith('/subscribe/raw') ? 'raw' : 'eps'
  }

  /** Leaves the stream, if there is one, and opens the next; settles with its first bytes, and throws where no stream opens. */
  async hop(port: number): Promise<void> {
    this.leave()
    const { id } = this
    const query = id !== '' && this.#via === 'query' ? `${this.#path.includes('?') ? '&' : '?'}last_event_id=${id}` : ''
    const headers = id !== '' && this.#via === 'header' ? { 'Last-Event-ID': id } : {}
    const stream = await RawClient.connect(port, { path: this.#path + query, headers })
    this.#stream = stream
    this.connections++
    await stream.opened
  }

  /** Ends the connection and keeps all whole events that have come over it. */
  leave(): void {
    this.#stream?.close()
    this.read()
    this.#stream = undefined
    this.#taken = 0
  }

  /** Takes the events that have come since the last look. */
  read(): void {
    const blocks = this.#stream?.blocks() ?? []
    for (const block of blocks.slice(this.#taken)) this.#take(block)
    this.#taken = blocks.length
  }

  #take(block: SseBlock): void {
    if (block.id !== undefined) this.id = block.id
    if (!isMessage(block)) return
    const { data, event = this.#unnamed } = block
    if (event === 'snapshot') this.#begin(data)
    else if (event === 'reset' || event === 'gap') this.faults.push(`${event} ${data}`)
    else if (event === 'raw') this.updates.push(data)
    else if (event === 'eps') this.#add(data)
    else this.details.push(data)
  }

  #begin(data: string): void {
    this.snapshots++
    this.counts.clear()
    this.totals.clear()
    for (const [id, total] of numbersOf(data)) this.totals.set(id, total)
  }

  #add(data: string): void {
    for (const [id, count] of numbersOf(data)) {
      this.counts.set(id, (this.counts.get(id) ?? 0) + count)
      this.totals.set(id, this.#hasTotals ? count : (this.totals.get(id) ?? 0) + count)
    }
  }
}

function numbersOf(json: string): [string, number][] {
  const entries = Object.entries(JSON.parse(json) as Record<string, unknown>)
  return entries.map(([id, count]) => {
    if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 1) throw new Error(`not a count: ${json}`)
    return [id, count]
  })
}
