import { setTimeout as delay, setImmediate as turnEnd } from 'node:timers/promises'
import { Injectable, type OnModuleInit } from '@nestjs/common'
import { EPS, isOfEps } from '../../../common/core/namespace.js'
import { Relay } from '../../../common/relay/relay.js'
import { type HubListener, HubService } from '../fan-out/hub.service.js'
import { SLICE } from '../fan-out/slice.scheduler.js'
import type { Subscriber } from '../fan-out/subscriber.js'

/** Names the streams of one client: by the token of one of them, else by its address. */
export interface Owner {
  readonly clientIp?: string
  readonly token?: string
}

const QUESTION = 'cleanup'
/** One cleanup per address in this time. */
const PERIOD_MS = 1000
/** The longest that a cleanup waits for its turn. */
const MAX_WAIT_MS = 3000

/** Closes streams that a client has left open, over all workers. An index finds them: a cleanup looks at the streams of its owner alone. */
@Injectable()
export class CleanupService implements OnModuleInit, HubListener {
  private readonly byToken = new Map<string, Subscriber>()
  private readonly byAddress = new Map<string, Set<Subscriber>>()
  /** Address → when its next cleanup may run, monotonic ms; in the order of their last cleanups. */
  private readonly nextMs = new Map<string, number>()

  constructor(
    private readonly hub: HubService,
    private readonly relay: Relay,
  ) {}

  onModuleInit(): void {
    this.hub.listen(this)
    this.relay.on(QUESTION, ({ namespace = '', ...owner }) => this.closeOwn(namespace, owner))
  }

  onOpened(subscriber: Subscriber): void {
    const { token, clientIp, hasSharedIp } = subscriber.request
    if (subscriber.audience.isNamed) return
    if (token !== null) this.byToken.set(token, subscriber)
    if (clientIp === '' || hasSharedIp) return
    const own = this.byAddress.get(clientIp)
    if (own === undefined) this.byAddress.set(clientIp, new Set([subscriber]))
    else own.add(subscriber)
  }

  onClosed(subscriber: Subscriber): void {
    const { token, clientIp } = subscriber.request
    if (token !== null) this.byToken.delete(token)
    const own = this.byAddress.get(clientIp)
    own?.delete(subscriber)
    if (own?.size === 0) this.byAddress.delete(clientIp)
  }

  /**
   * Closes the streams of one owner that hold this namespace alone, over all workers; for eps those of single ids too.
   * @param address of the client that asks; each has one cleanup a second, and later ones wait for their turn
   * @returns how many there were; null where too many wait already
   */
  async cleanUp(namespace: string, owner: Owner, address: string): Promise<number | null> {
    const waitMs = this.take(address, performance.now())
    if (waitMs > MAX_WAIT_MS) return null
    if (waitMs > 0) await delay(waitMs, undefined, { ref: false })
    return this.relay.sum(QUESTION, { namespace, ...owner })
  }

  /** Takes the next turn of an address, and returns the time until then. A turn further away than MAX_WAIT_MS is not taken. */
  private take(address: string, nowMs: number): number {
    this.forgetPast(nowMs)
    const atMs = Math.max(nowMs, this.nextMs.get(address) ?? nowMs)
    if (atMs - nowMs > MAX_WAIT_MS) return atMs - nowMs
    this.nextMs.delete(address)
    this.nextMs.set(address, atMs + PERIOD_MS)
    return atMs - nowMs
  }

  /**
   * Forgets addresses whose turn is over. They are in the order of their last cleanups, so the walk ends at the first address whose turn is
   * still to come: a cleanup costs the same however many addresses there are, and an address is kept for about 4 s.
   */
  private forgetPast(nowMs: number): void {
    for (const [address, nextMs] of this.nextMs) {
      if (nextMs > nowMs) return
      this.nextMs.delete(address)
    }
  }

  private async closeOwn(namespace: string, owner: Owner): Promise<number> {
    let closed = 0
    for (const subscriber of this.streamsOf(owner)) {
      if (subscriber.isClosed || !isOf(subscriber, namespace)) continue
      subscriber.close('cleanup')
      if (++closed % SLICE === 0) await turnEnd()
    }
    return closed
  }

  private streamsOf({ token, clientIp }: Owner): readonly Subscriber[] {
    if (token === undefined) return [...(this.byAddress.get(clientIp ?? '') ?? [])]
    const subscriber = this.byToken.get(token)
    return subscriber === undefined ? [] : [subscriber]
  }
}

function isOf({ audience }: Subscriber, namespace: string): boolean {
  const [own = ''] = audience.namespaces
  return own === namespace || (namespace === EPS && isOfEps(own))
}
