import { vi } from 'vitest'
import type { AppEvents } from '../../../src/common/event-bus/app-events.js'
import { ScoreLog } from '../../../src/common/score-log/score-log.js'
import { Hub, type HubOptions } from '../../../src/modules/stream-gateway/hub.js'
import type { Subscriber } from '../../../src/modules/stream-gateway/subscriber.js'
import { FakeOutlet } from './fake-outlet.js'

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
  readonly nowMs?: number
}

interface Setup extends Partial<Pick<HubOptions, 'slice' | 'mustWait'>> {
  readonly capacity?: number
  readonly limits?: Partial<HubOptions['limits']>
}

/** The core of the gateway, with its announcements. */
export function aHub({ capacity = 64, limits, ...options }: Setup = {}) {
  const log = new ScoreLog({ capacity, maxIds: 32 })
  const opened: AppEvents['subscriber.opened'][] = []
  const closed: AppEvents['subscriber.closed'][] = []
  const onLagging = vi.fn()
  const hub = new Hub({
    log,
    writer: 'socket.write',
    limits: { queueMaxBytes: 100, queueStallMs: 10_000, epsStallMs: 300_000, ...limits },
    onLagging,
    onOpened: (event) => opened.push(event),
    onClosed: (event) => closed.push(event),
    ...options,
  })
  return {
    hub,
    log,
    onLagging,
    opened,
    closed,
    /** Opens a stream over a kernel that takes everything, and sends no greeting. */
    open(
      namespaces: readonly string[] = ['eps'],
      { isNamed, isChunked = false, clientIp = '', hasSharedIp = false, nowMs = 0 }: StreamOptions = {},
    ): OpenStream {
      const outlet = new FakeOutlet()
      const kind = { namespaces, isNamed: isNamed ?? namespaces.length > 1, isChunked }
      const request = { requestPath: `/subscribe/${namespaces.join()}`, clientIp, hasSharedIp, userAgent: 'test' }
      return { subscriber: hub.open(kind, request, outlet, nowMs), outlet }
    },
    /** Score updates and the flush that covers them. */
    flush(...ids: readonly string[]): void {
      for (const id of ids) log.append(Buffer.from(id))
      hub.scores.flush(log.position, performance.now())
    },
  }
}
