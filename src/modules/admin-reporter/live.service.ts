import type { ServerResponse } from 'node:http'
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import { AppConfig } from '../../common/config/app-config.js'
import { encodeFrame } from '../../common/core/sse-frame.js'
import { Positions } from '../../common/positions/positions.js'
import { NodeCounters, NodeState } from '../../common/stats/node-stats.js'
import { StreamStats } from '../../common/stats/stream-stats.js'
import { LiveFigures } from './live-figures.js'

/** The maximum number of watchers of a node. */
export const MAX_WATCHERS = 20
/** A watcher that misses more reports in a row than this is disconnected. */
export const MAX_MISSED = 30
const PERIOD_MS = 1000
const TIMER = 'admin-live'

/**
 * Sends the figures of this node to its watchers once a second, until the end of the drain. The timer runs only while there are watchers.
 */
@Injectable()
export class LiveService implements BeforeApplicationShutdown {
  private readonly figures: LiveFigures
  private readonly watchers = new Watchers(MAX_WATCHERS, () => this.stop())
  private latest: Buffer | null = null
  private isOver = false

  constructor(
    config: AppConfig,
    stats: StreamStats,
    counters: NodeCounters,
    node: NodeState,
    positions: Positions,
    private readonly timers: SchedulerRegistry,
  ) {
    this.figures = new LiveFigures({ config, stats, counters, node, positions })
  }

  /** Why no watcher can be added now; null if one can. */
  get obstacle(): string | null {
    if (this.isOver) return 'this node is stopping: watch another one'
    return this.watchers.isFull ? `at most ${MAX_WATCHERS} pages may watch a node at a time: close one of them` : null
  }

  /** Adds a response whose head is written. The first watcher gets its first report after a second, because a rate needs two samples. */
  watch(response: ServerResponse): void {
    if (this.watchers.size === 0) this.start()
    this.watchers.add(response)
    if (this.latest !== null) response.write(this.latest)
  }

  beforeApplicationShutdown(): void {
    this.isOver = true
    this.watchers.end()
  }

  private start(): void {
    this.figures.sample(performance.now())
    this.timers.addInterval(
      TIMER,
      setInterval(() => this.send(), PERIOD_MS),
    )
  }

  private send(): void {
    const report = this.figures.report(performance.now(), Date.now(), Math.floor(process.uptime()))
    this.latest = encodeFrame(Buffer.from(JSON.stringify(report)))
    this.watchers.send(this.latest)
  }

  private stop(): void {
    this.latest = null
    // At shutdown, @nestjs/schedule has already deleted the timer.
    if (this.timers.doesExist('interval', TIMER)) this.timers.deleteInterval(TIMER)
  }
}

/** The part of an open response that `Watchers` needs. */
interface Response {
  readonly writableLength: number
  write(bytes: Uint8Array): boolean
  end(): unknown
  destroy(): unknown
  on(event: 'close' | 'error', listener: () => void): unknown
}

/**
 * The open responses of watchers. Only the newest report matters: a watcher whose last report still waits gets no other, so that at most
 * one report waits for each, and is disconnected after MAX_MISSED missed reports.
 */
export class Watchers {
  /** Response → reports that it has missed in a row. */
  private readonly missed = new Map<Response, number>()

  constructor(
    private readonly capacity: number,
    private readonly onEmpty: () => void,
  ) {}

  get size(): number {
    return this.missed.size
  }

  get isFull(): boolean {
    return this.missed.size >= this.capacity
  }

  add(response: Response): void {
    this.missed.set(response, 0)
    response.on('close', () => this.remove(response))
    // A client may leave in the middle of a write.
    response.on('error', () => this.remove(response))
  }

  send(bytes: Uint8Array): void {
    for (const [response, missed] of this.missed) {
      if (response.writableLength === 0) {
        this.missed.set(response, 0)
        response.write(bytes)
      } else if (missed < MAX_MISSED) this.missed.set(response, missed + 1)
      else {
        response.destroy()
        // A response that waits on its connection for an earlier one emits no `close`.
        this.remove(response)
      }
    }
  }

  /** Ends all responses in an orderly way. */
  end(): void {
    for (const response of this.missed.keys()) response.end()
  }

  private remove(response: Response): void {
    if (this.missed.delete(response) && this.missed.size === 0) this.onEmpty()
  }
}
