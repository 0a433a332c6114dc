import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FakeOutlet } from '../../../test/support/fake-outlet.js'
import { ScoreLog } from '../../common/score-log/score-log.js'
import { Hub } from './hub.js'
import type { Subscriber } from './subscriber.js'

const IDS = ['1F602', '2665', '1F1EA-1F1F8', '__proto__', 'constructor', '"\\', '😂']
const CLIENTS = 4
const EPS = { namespaces: ['eps'], isNamed: false, isChunked: false }
const REQUEST = { requestPath: '/subscribe/eps', clientIp: '', userAgent: '' }

type Step =
  | { readonly kind: 'update'; readonly id: number }
  | { readonly kind: 'flush' }
  | { readonly kind: 'turn' }
  | { readonly kind: 'stall' | 'drain' | 'reopen'; readonly client: number }

const client = fc.nat(CLIENTS - 1)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('update' as const), id: fc.nat(IDS.length - 1) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('flush' as const, 'turn' as const) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('stall' as const, 'drain' as const, 'reopen' as const), client }) },
)

/** One subscriber and what it must have got: every update since the flush that it started at. */
interface Client {
  readonly outlet: FakeOutlet
  readonly subscriber: Subscriber
  readonly from: number
}

/** The gateway's core with a client's kernel that does as it is told, and a history of all updates that never forgets. */
class World {
  readonly log: ScoreLog
  readonly hub: Hub
  readonly clients: Client[]
  private readonly history: string[] = []
  private flushed = 0

  constructor(capacity: number, slice: number, maxIds = IDS.length) {
    this.log = new ScoreLog({ capacity, maxIds })
    this.hub = new Hub({
      log: this.log,
      slice,
      writer: 'socket.write',
      limits: { queueMaxBytes: 1, queueStallMs: 1e9, epsStallMs: 1e9 },
      onLagging: () => undefined,
      onOpened: () => undefined,
      onClosed: () => undefined,
    })
    this.clients = Array.from({ length: CLIENTS }, () => this.open())
  }

  async take(step: Step): Promise<void> {
    if (step.kind === 'update') {
      const id = IDS[step.id] ?? ''
      if (this.log.append(Buffer.from(id)) === null) this.history.push(id)
    } else if (step.kind === 'flush') this.flush()
    else if (step.kind === 'turn') await new Promise((resolve) => setImmediate(resolve))
    else this.touch(step.kind, step.client)
  }

  flush(): void {
    this.flushed = this.log.position
    this.log.seal()
    this.hub.scores.flush(this.flushed, 0)
  }

  /** The sums that a client got equal the updates since it came; one that was closed got a prefix of them, never anything else. */
  check({ outlet, subscriber, from }: Client): void {
    const to = subscriber.cursor
    expect(sums(outlet.text)).toEqual(count(this.history.slice(from, to)))
    if (!subscriber.isClosed) expect(to).toBe(this.flushed)
    else expect(outlet.ending).toBe('destroyed')
  }

  private touch(kind: 'stall' | 'drain' | 'reopen', index: number): void {
    const client = this.clients[index]
    if (client === undefined) return
    if (kind === 'stall') client.outlet.isStalled = true
    else if (kind === 'drain') client.outlet.drain()
    else {
      client.subscriber.close('client')
      this.clients[index] = this.open()
    }
  }

  private open(): Client {
    const outlet = new FakeOutlet()
    return { outlet, subscriber: this.hub.open(EPS, REQUEST, outlet, 0), from: this.flushed }
  }
}

function sums(text: string): Record<string, number> {
  const total = count([])
  for (const [, json] of text.matchAll(/^data:(.*)\n\n/gm)) {
    for (const [id, increment] of Object.entries<number>(JSON.parse(json ?? ''))) total[id] = (total[id] ?? 0) + increment
  }
  return total
}

function count(ids: readonly string[]): Record<string, number> {
  const total: Record<string, number> = Object.create(null)
  for (const id of ids) total[id] = (total[id] ?? 0) + 1
  return total
}

describe('the invariant: what an eps subscriber got adds up to what was published while it was subscribed', () => {
  for (const [name, capacity, slice, maxIds] of [
    ['with room in the ring', 1000, 200],
    ['when the ring wraps around', 7, 200],
    ['when each subscriber takes a turn of the event loop', 1000, 1],
    ['when the ring wraps around while a round is under way', 7, 1],
    ['when updates retire because the ring holds few different ids', 1000, 200, 3],
    ['when updates retire while a round is under way', 1000, 1, 3],
  ] as const) {
    it(`holds for any interleaving of updates, flushes, stalls, drains and reconnects ${name}`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 150, size: 'max' }), async (steps) => {
          const world = new World(capacity, slice, maxIds)
          for (const each of steps) await world.take(each)
          // Everybody reads again, and as many turns pass as a round and the one after it take at most.
          for (const { outlet } of world.clients) outlet.drain()
          for (let turns = 0; turns < 6 * CLIENTS; turns++) await world.take({ kind: 'turn' })
          world.flush()
          for (let turns = 0; turns < 6 * CLIENTS; turns++) await world.take({ kind: 'turn' })
          for (const each of world.clients) world.check(each)
        }),
        { numRuns: 300 },
      )
    })
  }
})
