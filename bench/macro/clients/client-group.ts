import { type ConnectOpts, connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Published } from '../feed/commands.js'
import { nowNs, until } from '../machine/time.js'
import type { Begun, ClientWindow, OpenCommand, Opening, Settlement } from './commands.js'
import { loadNarrowConnect, type NarrowConnect } from './narrow-socket.js'
import { Pauses, SIP_BYTES } from './pauses.js'
import { Latencies } from './reading/latencies.js'
import type { Arrivals } from './reading/stream-record.js'
import { settle } from './settle.js'
import { StreamClient, type StreamClientHost } from './stream-client.js'

/** The runner waits longer than this. */
const OPEN_MS = 60_000
const DIAL_STEP_MS = 5
/** The most clients that have dialled and are not open yet, except in a storm. */
const MAX_DIALLING = 500

/** A lost client dials again after a random time from half of this to all of it. */
const RECONNECT_MS = 1000

const READ_BYTES = 131_072

const HANG_UP_TICK_MS = 50

/** The clients of one process. */
export class ClientGroup implements StreamClientHost {
  readonly arrivals: Arrivals = { nowNs: 0, latencies: new Latencies() }
  readonly port: number
  readonly discards: boolean
  readonly buffer: Buffer
  private readonly clients: readonly StreamClient[]
  /** The clients that read nothing before the end. */
  private readonly idle: ReadonlySet<StreamClient>
  private readonly reading: readonly StreamClient[]
  private readonly pauses = new Pauses()
  /** The number of events of each client at the last mark. */
  private readonly marks: number[]
  private readonly narrowConnect: NarrowConnect | null
  private startedNs = 0
  private openedNs = 0
  private open = 0
  /** Connections that were open, and are gone. */
  private lost = 0
  /** Connections that never opened. */
  private refused = 0
  private hungUp = 0
  /** The clients that are open since `begin`; null before it. */
  private steady: Set<StreamClient> | null = null

  constructor(private readonly command: OpenCommand) {
    const { port, paths, neverRead, pauses, isNarrow, discards } = command
    this.discards = discards
    this.narrowConnect = isNarrow ? loadNarrowConnect() : null
    this.port = port
    this.buffer = Buffer.allocUnsafeSlow(pauses ? SIP_BYTES : READ_BYTES)
    this.clients = paths.map((path) => new StreamClient(path, this))
    this.idle = new Set(this.clients.slice(0, neverRead))
    this.reading = this.clients.slice(neverRead)
    this.marks = this.clients.map(() => 0)
  }

  async dial(): Promise<Opening> {
    this.startedNs = nowNs()
    await this.dialAll(this.command.perSecond)
    await until(() => this.settled >= this.clients.length, OPEN_MS)
    if (this.command.hangUpsPerSecond > 0) this.hangUpAllTheTime(this.command.hangUpsPerSecond)
    return this.opening()
  }

  /** Waits until each client has lost its connection and has another one. */
  async return(): Promise<Opening> {
    await until(() => this.lost >= this.clients.length && this.open === this.clients.length, OPEN_MS)
    return this.opening()
  }

  /** Waits until each client has a connection, and lets all sums begin anew. */
  async begin(): Promise<Begun> {
    await until(() => this.open === this.clients.length, OPEN_MS)
    for (const { record } of this.clients) record.restart()
    this.steady = new Set(this.clients.filter(({ isOpen }) => isOpen))
    return { open: this.open }
  }

  /** Returns the counts since the last mark. */
  mark(): ClientWindow {
    const atNs = nowNs()
    const records = this.clients.map(({ record }) => record)
    const events = records.map((record, index) => record.events - (this.marks[index] ?? 0))
    for (const [index, record] of records.entries()) this.marks[index] = record.events
    const received = events.slice(this.idle.size)
    return {
      events: sum(events),
      min: Math.min(...received),
      max: Math.max(...received),
      gapNs: Math.max(0, ...this.reading.map(({ record }) => record.takeGap(atNs))),
      open: this.open,
      malformed: sum(records.map(({ malformed }) => malformed)),
      latencies: this.arrivals.latencies.take(),
    }
  }

  /** Lets all clients read on, and compares their sums with the published ones. */
  async settle(published: Published): Promise<Settlement> {
    this.pauses.end()
    for (const client of this.idle) client.resume()
    return await settle(this.steady === null ? this.clients : [...this.steady], published)
  }

  connect(options: ConnectOpts): Socket {
    const { port, narrowConnect } = this
    return narrowConnect?.(port, options) ?? connect({ ...options, port, host: '127.0.0.1' })
  }

  opened(client: StreamClient): void {
    this.open++
    this.openedNs = nowNs()
    if (this.command.pauses) this.pauses.add(client)
    if (this.idle.has(client)) client.pause()
  }

  closed(client: StreamClient): void {
    this.steady?.delete(client)
    if (client.isOpen) {
      this.open--
      this.lost++
    } else this.refused++
    if (this.command.reconnects) setTimeout(() => client.dial(), RECONNECT_MS * (1 - Math.random() / 2))
  }

  private hangUpAllTheTime(perSecond: number): void {
    const startMs = performance.now()
    setInterval(() => {
      const due = ((performance.now() - startMs) / 1000) * perSecond
      while (this.hungUp < due) this.clients[this.hungUp++ % this.clients.length]?.hangUp()
    }, HANG_UP_TICK_MS)
  }

  /** The number of dialled clients with an outcome. */
  private get settled(): number {
    return this.open + this.lost + this.refused
  }

  /** @param perSecond null dials all clients at once */
  private async dialAll(perSecond: number | null): Promise<void> {
    const startMs = performance.now()
    const isEarly = (index: number, rate: number) =>
      index - this.settled >= MAX_DIALLING || index > ((performance.now() - startMs) / 1000) * rate
    for (const [index, client] of this.clients.entries()) {
      while (perSecond !== null && isEarly(index, perSecond)) await delay(DIAL_STEP_MS)
      client.dial()
    }
  }

  private opening(): Opening {
    return { startedNs: this.startedNs, openedNs: this.openedNs, open: this.open }
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0)
