import { HttpAdapterHost } from '@nestjs/core'
import { SchedulerRegistry } from '@nestjs/schedule'
import { vi } from 'vitest'
import type { AppConfig, StreamsConfig } from '../../../src/common/config/app-config.js'
import type { AppEvents } from '../../../src/common/event-bus/app-events.js'
import { EventBus } from '../../../src/common/event-bus/event-bus.js'
import type { StreamPosition } from '../../../src/common/positions/positions.js'
import { ScoreLog } from '../../../src/common/score-log/score-log.js'
import { Discards } from '../../../src/common/stats/counters.js'
import { EpsStreamsService } from '../../../src/modules/stream-gateway/eps/eps-streams.service.js'
import { type AudienceKind, NO_OPTIONS } from '../../../src/modules/stream-gateway/fan-out/audience.js'
import { BroadcasterService } from '../../../src/modules/stream-gateway/fan-out/broadcaster.service.js'
import { HubService } from '../../../src/modules/stream-gateway/fan-out/hub.service.js'
import { CatchUpScheduler, SLICE, SliceScheduler } from '../../../src/modules/stream-gateway/fan-out/slice.scheduler.js'
import type { Subscriber } from '../../../src/modules/stream-gateway/fan-out/subscriber.js'
import { configOf } from './config-of.js'
import { FakeOutlet, FakeTransport } from './fake-outlet.js'
import { positionsOf } from './positions.js'

/** A stream and its client's kernel. */
export interface OpenStream {
  readonly subscriber: Subscriber
  readonly outlet: FakeOutlet
}

interface StreamOptions {
  /** Default: true for more than one namespace. */
  readonly isNamed?: boolean
  readonly isChunked?: boolean
  readonly clientIp?: string
  readonly hasSharedIp?: boolean
  readonly token?: string
  readonly expiresAtMs?: number
  readonly hasEpoch?: boolean
  readonly options?: Partial<Pick<AudienceKind, 'isResumable' | 'hasTotals' | 'rate'>>
  /** Where it begins. Default: now. */
  readonly start?: StreamPosition | null
}

export interface Setup {
  readonly capacity?: number
  readonly maxIds?: number
  readonly maxNewIds?: number
  /** Default: the defaults with QUEUE_MAX_BYTES = 100. */
  readonly config?: AppConfig
  /** Changes of the configuration. */
  readonly limits?: Partial<StreamsConfig>
  readonly slice?: number
}

const defaults = configOf()
const DEFAULTS: AppConfig = { ...defaults, streams: { ...defaults.streams, queueMaxBytes: 100 } }

class TestSlices extends SliceScheduler {
  constructor(
    transport: FakeTransport,
    fatal: { end(task: string, error: unknown): void },
    override readonly sliceSize: number,
  ) {
    super(transport, fatal, new HttpAdapterHost())
  }
}

/**
 * The core of the gateway over outlets and a transport of the test, with all that it has announced. A fatal error is thrown, unless the
 * test changes `fatal.end`. The caller fakes the timers where time matters.
 */
export function aHub({ capacity = 64, maxIds = 32, maxNewIds, config: base = DEFAULTS, limits, slice = SLICE }: Setup = {}) {
  const config = { ...base, streams: { ...base.streams, ...limits } }
  const log = new ScoreLog({ capacity, maxIds, ...(maxNewIds !== undefined && { maxNewIds }) })
  const bus = new EventBus((_event, error) => {
    throw error
  })
  const transport = new FakeTransport()
  const fatal = {
    end: vi.fn((task: string, error: unknown): void => {
      throw new Error(`a fatal error in ${task}`, { cause: error })
    }),
  }
  const slices = new TestSlices(transport, fatal, slice)
  const discards = new Discards()
  const registry = new SchedulerRegistry()
  const lagging = new CatchUpScheduler(registry)
  const parts = positionsOf(log)
  const { positions, totals } = parts
  const hub = new HubService(config, slices, lagging, log, positions)
  const broadcaster = new BroadcasterService(config, bus, hub, discards, log, positions, totals)
  broadcaster.onModuleInit()
  const eps = new EpsStreamsService(config, bus, hub, broadcaster, log, positions, totals, slices, lagging, registry)
  eps.onModuleInit()
  const opened: Subscriber[] = []
  const closed: { readonly subscriber: Subscriber; readonly reason: AppEvents['subscriber.closed']['reason'] }[] = []
  hub.listen({
    onOpened: (subscriber) => opened.push(subscriber),
    onClosed: (subscriber, reason) => closed.push({ subscriber, reason }),
  })
  const append = (ids: readonly string[]) => {
    for (const id of ids) log.append(Buffer.from(id))
    parts.totals.advance()
    bus.emit('scores.appended', { to: log.position, updates: ids.length })
  }
  return {
    config,
    bus,
    hub,
    broadcaster,
    eps,
    log,
    ...parts,
    slices,
    transport,
    fatal,
    discards,
    registry,
    opened,
    closed,
    /** Opens a stream over a kernel that takes everything, and sends no prelude. */
    open(
      namespaces: readonly string[] = ['eps'],
      {
        isNamed,
        isChunked = false,
        clientIp = '',
        hasSharedIp = false,
        token,
        expiresAtMs = Number.POSITIVE_INFINITY,
        options,
        hasEpoch = false,
        start = null,
      }: StreamOptions = {},
    ): OpenStream {
      const outlet = new FakeOutlet(transport)
      const kind = { namespaces, isNamed: isNamed ?? namespaces.length > 1, isChunked, ...NO_OPTIONS, ...options }
      const request = {
        requestPath: `/subscribe/${namespaces.join()}`,
        clientIp,
        hasSharedIp,
        userAgent: 'test',
        token: token ?? null,
        hasEpoch,
      }
      return { subscriber: hub.open(kind, request, outlet, expiresAtMs, start), outlet }
    },
    /** Score updates of one turn, which raw streams get. */
    append: (...ids: readonly string[]) => append(ids),
    /** Score updates, and the flush that covers them. */
    flush(...ids: readonly string[]): void {
      append(ids)
      const to = log.position
      log.seal()
      bus.emit('scores.summarized', { from: 0, to, atMs: performance.now(), lateMs: 0 })
    },
    /** A detail message. It is delivered at the end of the turn. */
    detail: (id: string, data: string) => bus.emit('detail.received', { id, data: Buffer.from(data) }),
    /** Runs turns of the event loop until nothing is left to do. The caller has faked the timers. */
    turns: () => vi.runAllTimers(),
    /** Passes the time that any flush and any catch-up takes. The caller has faked the timers. */
    settle: () => vi.advanceTimersByTime(40),
  }
}
