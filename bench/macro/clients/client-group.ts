import { nowNs } from '../machine/clock.js'
import { until } from '../machine/until.js'
import type { Tallies } from '../tally.js'
import type { ClientWindow, OpenCommand, Opening, Settlement } from './commands.js'
import { dialAll } from './dial-all.js'
import { Latencies } from './latencies.js'
import { Pauses, SIP_BYTES } from './pauses.js'
import { settle } from './settle.js'
import { StreamClient, type StreamClientHost } from './stream-client.js'
import type { Arrivals } from './stream-record.js'

/** Those who ask wait longer than this. */
const OPEN_MS = 60_000

/** A client that comes back does so after a random time from half of this to all of it. */
const RECONNECT_MS = 1000

const READ_BYTES = 131_072

/** The clients of one process. */
export class ClientGroup implements StreamClientHost {
  readonly arrivals: Arrivals = { nowNs: 0, latencies: new Latencies() }
  readonly port: number
  readonly buffer: Buffer
  private readonly clients: readonly StreamClient[]
  /** The first of them read nothing before the end. */
  private readonly idle: readonly StreamClient[]
  private readonly pauses = new Pauses()
  /** How many events each client had at the last mark. */
  private readonly marks: number[]
  private startedNs = 0
  private openedNs = 0
  private open = 0
  /** Connections that were open, and are gone. */
  private lost = 0
  /** Connections that never opened. */
  private refused = 0

  constructor(private readonly command: OpenCommand) {
    const { port, count, paths, neverRead, pauses } = command
    this.port = port
    this.buffer = Buffer.allocUnsafeSlow(pauses ? SIP_BYTES : READ_BYTES)
    this.clients = Array.from({ length: count }, (_, index) => new StreamClient(paths[index % paths.length] ?? '/', this))
    this.idle = this.clients.slice(0, neverRead)
    this.marks = this.clients.map(() => 0)
  }

  async dial(): Promise<Opening> {
    const settled = () => this.open + this.lost + this.refused
    this.startedNs = nowNs()
    await dialAll(this.clients, this.command.perSecond, settled)
    await until(() => settled() >= this.clients.length, OPEN_MS)
    return this.opening()
  }

  /** Waits until each client has lost its connection and has another one. */
  async return(): Promise<Opening> {
    await until(() => this.lost >= this.clients.length && this.open === this.clients.length, OPEN_MS)
    return this.opening()
  }

  /** What has come since the last mark. */
  mark(): ClientWindow {
    const records = this.clients.map(({ record }) => record)
    const events = records.map((record, index) => record.events - (this.marks[index] ?? 0))
    for (const [index, record] of records.entries()) this.marks[index] = record.events
    const reading = events.slice(this.idle.length)
    return {
      events: sum(events),
      min: Math.min(...reading),
      max: Math.max(...reading),
      open: this.open,
      malformed: sum(records.map(({ malformed }) => malformed)),
      latencies: this.arrivals.latencies.take(),
    }
  }

  /** All read on, and should then have exactly what was published. */
  async settle(expected: Tallies): Promise<Settlement> {
    this.pauses.end()
    for (const client of this.idle) client.resume()
    return await settle(this.clients, expected)
  }

  opened(client: StreamClient): void {
    this.open++
    this.openedNs = nowNs()
    if (this.command.pauses) this.pauses.add(client)
    if (this.idle.includes(client)) client.pause()
  }

  closed(client: StreamClient): void {
    if (client.isOpen) {
      this.open--
      this.lost++
    } else this.refused++
    if (this.command.reconnects) setTimeout(() => client.dial(), RECONNECT_MS * (1 - Math.random() / 2))
  }

  private opening(): Opening {
    return { startedNs: this.startedNs, openedNs: this.openedNs, open: this.open }
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0)
