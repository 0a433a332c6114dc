import { expect, vi } from 'vitest'
import { detailChannel } from '../../../src/common/core/namespace.js'
import { parseId } from '../../../src/common/positions/position-id.js'
import { missedBy } from '../../../src/modules/stream-gateway/fan-out/resume/stream-place.js'
import { ChunkedDecoder } from '../wire/chunked-decoder.js'
import { isMessage, type SseBlock, SseParser } from '../wire/sse-parser.js'
import { aHub, type OpenStream } from './a-hub.js'

/** A step of a resume test. `turn` runs the next timer: a slice, the end of a turn, or a catch-up. */
export type ResumeStep =
  /** One turn of the ingest: updates, and details of these ids in front of, between and after them. */
  | { readonly kind: 'ingest'; readonly entries: readonly { readonly id: string; readonly isDetail: boolean; readonly size: number }[] }
  | { readonly kind: 'heal'; readonly id: string; readonly amount: number }
  | { readonly kind: 'flush' | 'turn' }
  | { readonly kind: 'stall' | 'drain' | 'heartbeat'; readonly client: number }
  /** The connection breaks, and its client has received so much of what was sent, from 0 to 1. */
  | { readonly kind: 'break'; readonly client: number; readonly part: number }

export interface ResumeSetup {
  readonly clients: readonly { readonly namespaces: readonly string[]; readonly isChunked?: boolean }[]
  readonly slice?: number
  readonly queueMaxBytes?: number
  readonly messageLogBytes?: number
  readonly detailHistoryBytes?: number
}

/** An event that a stream has to bring, in order. Sums of healed updates are in `gap`. */
type Entry = { readonly update: string } | { readonly gap: number }

interface Client {
  readonly namespaces: readonly string[]
  readonly isChunked: boolean
  readonly updatesFrom: number
  readonly epsFrom: number
  readonly detailsFrom: number
  lastId: string
  stream: OpenStream
  /** Of all connections. */
  readonly sums: Map<string, number>
  readonly raw: Entry[]
  /** The details of each connection, and how many were missed before them. */
  readonly details: { readonly missed: number | null; readonly texts: string[]; hasFrames: boolean }[]
}

const GAP = 'gap'
const DAY_MS = 86_400_000

/** The core of the gateway, and clients that resume with the last id that they have received. The test has faked the timers. */
export class ResumeModel {
  readonly core: ReturnType<typeof aHub>
  private readonly clients: Client[]
  private readonly entries: Entry[] = []
  private readonly details: { readonly id: string; readonly text: string }[] = []
  private readonly amounts: (readonly [id: string, amount: number])[] = []
  private readonly queueMaxBytes: number
  private flushed = 0
  /** How many streams went on with less than all messages. */
  gaps = 0

  constructor({ clients, slice = 200, queueMaxBytes = 1e9, messageLogBytes = 1e9, detailHistoryBytes = 1e9 }: ResumeSetup) {
    vi.clearAllTimers()
    this.queueMaxBytes = queueMaxBytes
    const limits = { queueMaxBytes, messageLogBytes, detailHistoryBytes, queueStallMs: DAY_MS, epsStallMs: DAY_MS }
    this.core = aHub({ slice, capacity: 4096, maxIds: 64, limits })
    this.clients = clients.map(({ namespaces, isChunked = false }) => {
      const stream = this.core.open(namespaces, { isChunked, options: { isResumable: true } })
      return {
        namespaces,
        isChunked,
        updatesFrom: this.entries.length,
        epsFrom: this.flushed,
        detailsFrom: this.details.length,
        lastId: this.idOf(stream),
        stream,
        sums: new Map(),
        raw: [],
        details: [{ missed: 0, texts: [], hasFrames: true }],
      }
    })
  }

  take(step: ResumeStep): void {
    if (step.kind === 'ingest') this.ingest(step.entries)
    else if (step.kind === 'heal') this.heal(step.id, step.amount)
    else if (step.kind === 'flush') this.flush()
    else if (step.kind === 'turn') vi.advanceTimersToNextTimer()
    else if ('client' in step) {
      const client = this.clients[step.client]
      if (client === undefined) return
      if (step.kind === 'stall') client.stream.outlet.isStalled = true
      else if (step.kind === 'drain') client.stream.outlet.drain()
      else if (step.kind === 'heartbeat') client.stream.subscriber.keepAlive(performance.now(), performance.now())
      else if ('part' in step) this.reconnect(client, step.part)
    }
  }

  /** Every client reads, and comes back once more where its stream was closed; then it has all that there is. */
  settle(): void {
    for (let rounds = 0; rounds < 3; rounds++) {
      for (const client of this.clients) {
        if (client.stream.subscriber.isClosed) this.reconnect(client, 1)
        client.stream.outlet.drain()
      }
      vi.runAllTimers()
      this.flush()
      vi.runAllTimers()
    }
    for (const client of this.clients) {
      expect(client.stream.subscriber.isClosed).toBe(false)
      this.receive(client, 1)
    }
  }

  check(): void {
    for (const client of this.clients) {
      if (client.namespaces.includes('eps')) expect(sorted(client.sums)).toEqual(sorted(sumOf(this.amounts.slice(client.epsFrom))))
      if (client.namespaces.includes('raw')) expect(merged(client.raw)).toEqual(merged(this.entries.slice(client.updatesFrom)))
      this.checkDetails(client)
    }
  }

  /** Each connection goes on where the one before it ended, but for what it reports as missed. */
  private checkDetails({ namespaces, detailsFrom, details }: Client): void {
    const isWanted = (id: string) => namespaces.some((each) => each === 'details' || each === `details/${id}`)
    if (!namespaces.some((each) => each.startsWith('details'))) return
    const wanted = this.details.slice(detailsFrom).filter(({ id }) => id === GAP || isWanted(id))
    const texts = wanted.map(({ text }) => text)
    let next = 0
    let isUnknown = false
    for (const connection of details) {
      // A connection without a frame has left its client where it was.
      if (!connection.hasFrames) continue
      const startsAt = (place: number) => connection.texts.every((text, n) => text === texts[place + n])
      next += connection.missed ?? 0
      // Where the number of missed messages is unknown, the next ones come from any later place on.
      isUnknown ||= connection.missed === null
      if (connection.texts.length === 0) continue
      while (isUnknown && next < texts.length && !startsAt(next)) next++
      isUnknown = false
      expect(connection.texts).toEqual(texts.slice(next, next + connection.texts.length))
      next += connection.texts.length
    }
    if (this.gaps === 0) expect(next).toBe(texts.length)
  }

  private ingest(entries: Extract<ResumeStep, { readonly kind: 'ingest' }>['entries']): void {
    const ids: string[] = []
    for (const { id, isDetail, size } of entries) {
      if (isDetail) {
        const text = `${this.details.length}:${'x'.repeat(size)}`
        // The broadcaster refuses a message over the bound of one subscriber.
        if (text.length <= this.queueMaxBytes) this.details.push({ id, text: `${detailChannel(id)}=${text}` })
        this.core.bus.emit('detail.received', { id, data: Buffer.from(text), after: ids.length })
      } else ids.push(id)
    }
    if (ids.length === 0) return
    for (const id of ids) {
      expect(this.core.log.append(Buffer.from(id))).toBe(null)
      this.entries.push({ update: id })
      this.amounts.push([id, 1])
    }
    this.core.bus.emit('scores.appended', { to: this.core.log.position, updates: ids.length })
  }

  private heal(id: string, amount: number): void {
    const { log, bus } = this.core
    expect(log.heal(Buffer.from(id), amount)).toBe(null)
    this.entries.push({ gap: amount })
    this.amounts.push([id, amount])
    this.details.push({ id: GAP, text: `${GAP}@${log.position}` })
    bus.emit('scores.healed', { entries: 1, updates: amount })
    bus.emit('scores.appended', { to: log.position, updates: 0 })
  }

  private flush(): void {
    this.flushed = this.amounts.length
    this.core.flush()
  }

  private idOf({ subscriber }: OpenStream): string {
    const position = subscriber.audience.place.of(subscriber.cursors)
    if (position === null) throw new Error('a stream without a position')
    return this.core.positions.compositeId(position)
  }

  private reconnect(client: Client, part: number): void {
    this.receive(client, part)
    client.stream.subscriber.close('client')
    const place = this.core.positions.resolve(client.lastId)
    if (place.kind !== 'at') throw new Error(`the id ${client.lastId} has the outcome ${place.kind}`)
    const { namespaces, isChunked } = client
    client.stream = this.core.open(namespaces, { isChunked, options: { isResumable: true }, start: place })
    const missed = missedBy(client.stream.subscriber.cursors)
    if (missed !== 0) this.gaps++
    client.details.push({ missed, texts: [], hasFrames: false })
  }

  /** Takes the bytes that reach the client, of which the connection may end in the midst of a frame. */
  private receive(client: Client, part: number): void {
    const { outlet } = client.stream
    const bytes = Buffer.concat(outlet.received)
    outlet.received.length = 0
    const parser = new SseParser((block) => this.note(client, block))
    const received = bytes.subarray(0, Math.round(part * bytes.length))
    if (client.isChunked) new ChunkedDecoder().push(received, (data) => parser.push(data))
    else parser.push(received)
  }

  private note(client: Client, block: SseBlock): void {
    const { id } = block
    if (id === undefined && !isMessage(block)) return
    expect(id).toMatch(/^[0-9a-z._-]{1,64}$/)
    client.lastId = id ?? ''
    const connection = client.details.at(-1)
    if (connection !== undefined) connection.hasFrames = true
    // A heartbeat moves the id alone.
    if (!isMessage(block)) return
    const { event = client.namespaces[0] ?? '', data } = block
    if (event === 'eps') {
      for (const [key, count] of Object.entries<number>(JSON.parse(data))) client.sums.set(key, (client.sums.get(key) ?? 0) + count)
    } else if (event === 'raw') client.raw.push({ update: data })
    else if (event !== GAP) connection?.texts.push(`${event}=${data}`)
    else {
      const { missed } = JSON.parse(data)
      if (typeof missed === 'number') client.raw.push({ gap: missed })
      else connection?.texts.push(`${GAP}@${parseId(id ?? '')?.message}`)
    }
  }
}

/** Spans of gaps that are next to each other as one: where pieces end is up to the server. */
function merged(entries: readonly Entry[]): readonly Entry[] {
  const all: Entry[] = []
  for (const entry of entries) {
    const last = all.at(-1)
    if ('gap' in entry && last !== undefined && 'gap' in last) all[all.length - 1] = { gap: last.gap + entry.gap }
    else all.push(entry)
  }
  return all
}

function sumOf(amounts: readonly (readonly [id: string, amount: number])[]): Map<string, number> {
  const sums = new Map<string, number>()
  for (const [id, amount] of amounts) sums.set(id, (sums.get(id) ?? 0) + amount)
  return sums
}

const sorted = (sums: ReadonlyMap<string, number>) => [...sums].sort(([a], [b]) => (a < b ? -1 : 1))
