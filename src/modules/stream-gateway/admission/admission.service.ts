import { Injectable, Logger, type OnModuleInit } from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppConfig } from '../../../common/config/app-config.js'
import { encodeRetry } from '../../../common/core/sse-frame.js'
import { EventBus } from '../../../common/event-bus/event-bus.js'
import { RateLimitedLog } from '../../../common/platform/rate-limited-log.js'
import { OneShot } from '../../../common/platform/timers.js'
import { Relay } from '../../../common/relay/relay.js'
import { NodeState } from '../../../common/stats/node-stats.js'
import type { RefusalReason } from '../../../common/stats/reasons.js'
import { type HubListener, HubService } from '../fan-out/hub.service.js'
import type { Subscriber } from '../fan-out/subscriber.js'
import { Limits, TokenBucket } from './limits.js'
import { Tally } from './tally.js'

/** The longest that other workers do not know how many streams are open here, while that does not matter to them. */
const TALLY_MS = 100

/** Decides whether a stream may open: within the limits, and not while the node drains. */
@Injectable()
export class AdmissionService implements OnModuleInit, HubListener {
  private readonly logger = new Logger('StreamGateway')
  private readonly warnings = new RateLimitedLog((fields) => this.logger.warn(fields))
  private readonly limits: Limits

  constructor(
    private readonly config: AppConfig,
    private readonly bus: EventBus,
    private readonly node: NodeState,
    private readonly hub: HubService,
    relay: Relay,
    timers: SchedulerRegistry,
  ) {
    const { limits, workers, worker } = config
    const counters = worker === null ? 1 : workers
    const soon = new OneShot(timers, 'tally', () => tally.tell())
    const tally = new Tally(relay, counters, () => soon.arm(TALLY_MS))
    const perSecond = limits.maxConnectsPerS / counters
    this.limits = new Limits(limits, tally, Number.isFinite(perSecond) ? new TokenBucket(perSecond, performance.now()) : null)
  }

  onModuleInit(): void {
    this.hub.listen(this)
    const { limits, workers, worker } = this.config
    const isOutOfReach = limits.maxConnections < Number.POSITIVE_INFINITY && limits.maxConnections > limits.maxConnectionsHere * workers
    if (isOutOfReach && (worker ?? 1) === 1)
      this.logger.warn('MAX_CONNECTIONS is out of reach: raise the limit of open files (ulimit -n) to it and 256 more, or lower it')
  }

  /** Takes a place for a stream from this address, which its close or `release` gives back, or announces and returns why there is none. */
  admit(address: string, nowMs: number): RefusalReason | null {
    const reason = this.node.isDraining ? 'draining' : this.limits.admit(address, nowMs)
    if (reason === null) return null
    this.bus.emit('connection.refused', { reason })
    if (reason !== 'draining') this.warnings.note(reason, { msg: 'streams refused', reason }, nowMs)
    return reason
  }

  onClosed({ request }: Subscriber): void {
    this.release(request.clientIp)
  }

  release(address: string): void {
    this.limits.release(address)
  }

  /**
   * Answers the request for a stream that is refused. A draining node resets the connection instead, unless DRAIN_REFUSE says otherwise: a
   * proxy then tries another node at once. An end without a reset, an empty answer, would end the EventSource of Firefox
   * (docs/decisions/0026-readiness-and-restarts.md).
   * @param headers the headers of a stream
   */
  refuse(reason: RefusalReason, request: FastifyRequest, reply: FastifyReply, headers: Readonly<Record<string, string>>): void {
    if (reason === 'draining' && this.config.shutdown.refusal === 'close') {
      reply.hijack()
      request.socket.resetAndDestroy()
    } else answer(reason, this.retryMs(Math.random()), request, reply, headers)
  }

  /** How long a refused client is to wait, ms; a different time for each. */
  retryMs(random: number): number {
    const { min, max } = this.config.limits.refuseRetryMs
    return Math.round(min + random * (max - min))
  }
}

const TOO_MANY = { status: 429, error: 'Too Many Requests' }
const UNAVAILABLE = { status: 503, error: 'Service Unavailable' }

const ANSWERS = {
  full: { ...UNAVAILABLE, message: 'too many streams are open here: come back later' },
  'per-address': { ...TOO_MANY, message: 'too many streams are open from your address: close some, or come back later' },
  rate: { ...TOO_MANY, message: 'too many streams are being opened here: come back later' },
  draining: { ...UNAVAILABLE, message: 'this node is stopping: come back later' },
}

/**
 * Tells a client that is refused in a way that it understands. An EventSource gets a stream that carries the
 * time to wait before a reconnect, and ends: it never reconnects after an error status
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html#fail-the-connection). Any other client gets the status, with Retry-After.
 */
function answer(
  reason: RefusalReason,
  retryMs: number,
  request: FastifyRequest,
  reply: FastifyReply,
  headers: Readonly<Record<string, string>>,
): void {
  // The connection closes, to free its descriptor.
  reply.header('connection', 'close')
  if (request.headers.accept?.includes('text/event-stream')) {
    reply.headers(headers).send(encodeRetry(retryMs).toString())
    return
  }
  const { status, error, message } = ANSWERS[reason]
  reply
    .code(status)
    .header('retry-after', String(Math.ceil(retryMs / 1000)))
    .send({ message, error, statusCode: status })
}
