import { expect, vi } from 'vitest'
import { detailChannel } from '../../../src/common/core/namespace.js'
import { encodeEventName } from '../../../src/common/core/sse-frame.js'
import { ScoreSummary } from '../../../src/common/score-log/score-summary.js'
import type { Subscriber } from '../../../src/modules/stream-gateway/fan-out/subscriber.js'
import { IncrementsStream } from '../../../src/modules/stream-gateway/plugin-streams/plugin-streams.js'
import { aHub, type OpenStream } from './a-hub.js'
import { expectPart, expectSum, framesOf } from './gateway-checks.js'
import { IDS, type Step } from './gateway-steps.js'
import { RecordingLog } from './recording-log.js'

export interface ModelSetup {
  /** The namespaces of each client, in the order of its request. */
  readonly clients: readonly { readonly namespaces: readonly string[]; readonly isChunked?: boolean }[]
  readonly slice?: number
  readonly capacity?: number
  readonly maxIds?: number
  readonly queueMaxBytes?: number
  readonly messageLogBytes?: number
}

/** A stream, and how long each history was when it opened. */
interface Client extends OpenStream {
  readonly updates: number
  readonly flushed: number
  readonly messages: number
  readonly votes: number
}

interface Sent {
  readonly namespaces: readonly string[]
  readonly event: string
  readonly data: string
}

const VOTES = 'votes'
const NEWS = 'news'
const DAY_MS = 86_400_000

/** The core of the gateway, clients whose kernels obey the test, and a history of all that was published. The test has faked the timers. */
export class GatewayModel {
  readonly core: ReturnType<typeof aHub>
  readonly clients: Client[]
  /** Every stream that has been open. */
  readonly all: Client[] = []
  private readonly setup: Required<Omit<ModelSetup, 'clients'>> & Pick<ModelSetup, 'clients'>
  private readonly votes: IncrementsStream
  private readonly updates: string[] = []
  private readonly messages: Sent[] = []
  private readonly voteLog: RecordingLog
  private readonly flushes = [0]
  private readonly voteFlushes = [0]
  private votesAdded = 0
  /** Streams that may be closed as slow now. */
  private readonly excused = new Set<Subscriber>()
  private isOverMemory = false

  constructor(setup: ModelSetup) {
    vi.clearAllTimers()
    this.setup = { slice: 200, capacity: 4096, maxIds: 64, queueMaxBytes: 1e9, messageLogBytes: 1e9, ...setup }
    const { slice, capacity, maxIds, queueMaxBytes, messageLogBytes } = this.setup
    this.core = aHub({ slice, capacity, maxIds, limits: { queueMaxBytes, messageLogBytes, queueStallMs: DAY_MS, epsStallMs: DAY_MS } })
    this.voteLog = new RecordingLog({ capacity, maxIds })
    const fanOut = this.core.hub.follow(VOTES, this.voteLog, new ScoreSummary(this.voteLog, encodeEventName(VOTES)))
    this.votes = new IncrementsStream(VOTES, this.voteLog, fanOut, { count: () => undefined }, { request: () => undefined })
    this.core.hub.listen({ onClosed: (subscriber, reason) => reason === 'slow' && this.checkSlow(subscriber) })
    this.clients = setup.clients.map((_, index) => this.open(index))
  }

  take(step: Step): void {
    if (step.kind === 'updates') this.append(step.ids)
    else if (step.kind === 'flush') this.flush()
    else if (step.kind === 'turn') vi.advanceTimersToNextTimer()
    else if (step.kind === 'sweep') this.sweep()
    else if (step.kind === 'detail') this.publish([`details/${step.id}`, 'details'], step.size, detailChannel(step.id))
    else if (step.kind === 'news') this.publish([NEWS], step.size, step.name)
    else if (step.kind === 'vote') this.vote(step.id, step.count)
    else if (step.kind === 'flushVotes') this.flushVotes()
    else if ('client' in step) this.touch(step.kind, step.client)
  }

  /** All clients read, and all that is pending is delivered. */
  settle(): void {
    for (const { outlet } of this.clients) outlet.drain()
    vi.runAllTimers()
    this.flush()
    // Votes for ids that the log has no room for wait for a later flush, and none is lost.
    for (let flushes = 0; flushes < IDS.length + 1; flushes++) this.flushVotes()
    vi.runAllTimers()
    expect(this.voteLog.taken).toHaveLength(this.votesAdded)
  }

  /** Each open stream has everything since it opened, once and in order. A closed one has a part of it, from the start on. */
  check(): void {
    for (const client of this.all) {
      const got = framesOf(client)
      const of = (namespace: string) => got.filter((frame) => frame.namespace === namespace).map(({ data }) => data)
      const { namespaces, isClosed } = client.subscriber
      if (namespaces.includes('raw')) expectPart(of('raw'), this.updates.slice(client.updates), isClosed)
      expectPart(
        got.filter(({ isMessage }) => isMessage).map(({ event, data }) => `${event}:${data}`),
        this.messagesFor(client).map(({ event, data }) => `${event}:${data}`),
        isClosed,
      )
      if (namespaces.includes('eps')) {
        const ones = this.updates.map((id) => [id, 1] as const)
        expectSum(of('eps'), ones, client.flushed, this.flushes, isClosed)
      }
      if (namespaces.includes(VOTES)) expectSum(of(VOTES), this.voteLog.taken, client.votes, this.voteFlushes, isClosed)
    }
  }

  private append(ids: readonly string[]): void {
    const { log, bus } = this.core
    for (const id of ids) if (log.append(Buffer.from(id)) === null) this.updates.push(id)
    bus.emit('scores.appended', { to: log.position, updates: ids.length })
  }

  private flush(): void {
    this.flushes.push(this.updates.length)
    this.core.flush()
  }

  private vote(id: string, count: number): void {
    this.votes.add(id, count)
    this.votesAdded++
  }

  private flushVotes(): void {
    this.voteFlushes.push(this.voteLog.taken.length)
    this.votes.flush(0)
  }

  private publish(namespaces: readonly [string, ...string[]], size: number, name?: string): void {
    const { hub, broadcaster } = this.core
    const event = name ?? namespaces[0]
    const data = `${this.messages.length}:${'x'.repeat(size)}`
    // The broadcaster refuses a message over the bound of one subscriber.
    if (data.length <= this.setup.queueMaxBytes) this.messages.push({ namespaces, event: name ?? '', data })
    const reached = this.clients.filter(({ subscriber }) => subscriber.namespaces.some((each) => namespaces.includes(each))).length
    const cost = 64 * reached + 2 * (data.length + encodeEventName(event).length)
    this.isOverMemory = hub.messageLogBytes + cost > this.setup.messageLogBytes
    broadcaster.broadcast(namespaces, data, name)
    this.isOverMemory = false
    expect(hub.messageLogBytes).toBeLessThanOrEqual(this.setup.messageLogBytes)
  }

  private sweep(): void {
    for (const subscriber of this.core.hub) {
      if (!subscriber.isOverdue(performance.now()) && !subscriber.isLost) continue
      this.excused.add(subscriber)
      subscriber.close('slow')
    }
  }

  /** A stream is closed as slow only where it has lost its place in a ring, or has exceeded a bound. */
  private checkSlow(subscriber: Subscriber): void {
    if (this.isOverMemory || this.excused.has(subscriber) || subscriber.isLost) return
    const client = this.all.find((each) => each.subscriber === subscriber)
    if (client === undefined) throw new Error('a stream that no client has opened')
    const missing = this.messagesFor(client).slice(framesOf(client).filter(({ isMessage }) => isMessage).length)
    const bytes = missing.reduce((sum, { namespaces: [first = ''], event, data }) => {
      return sum + encodeEventName(event === '' ? first : event).length + data.length
    }, 0)
    expect(bytes).toBeGreaterThan(this.setup.queueMaxBytes)
  }

  private messagesFor({ subscriber, messages }: Client): readonly Sent[] {
    const { namespaces, audience } = subscriber
    return this.messages
      .slice(messages)
      .filter((sent) => sent.namespaces.some((each) => namespaces.includes(each)))
      .map((sent) => ({ ...sent, event: sent.event === '' && audience.isNamed ? (sent.namespaces[0] ?? '') : sent.event }))
  }

  private touch(kind: 'stall' | 'drain' | 'reopen', index: number): void {
    const client = this.clients[index]
    if (client === undefined) return
    if (kind === 'stall') client.outlet.isStalled = true
    else if (kind === 'drain') client.outlet.drain()
    else {
      client.subscriber.close('client')
      this.clients[index] = this.open(index)
    }
  }

  private open(index: number): Client {
    const { namespaces = [], isChunked = false } = this.setup.clients[index] ?? {}
    const client = {
      ...this.core.open(namespaces, { isChunked }),
      updates: this.updates.length,
      flushed: this.flushes.at(-1) ?? 0,
      messages: this.messages.length,
      votes: this.voteFlushes.at(-1) ?? 0,
    }
    this.all.push(client)
    return client
  }
}
