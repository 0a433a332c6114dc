import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { aHub, type OpenStream } from '../../../../test/support/fakes/a-hub.js'
import { RecordingLog } from '../../../../test/support/fakes/recording-log.js'
import { encodeEventName } from '../../../common/core/sse-frame.js'
import { MAX_INCREMENT } from '../../../common/plugin-api/namespaces.js'
import { ScoreSummary } from '../../../common/score-log/score-summary.js'
import { IncrementsStream, LatestStream, LatestValueLog } from './plugin-streams.js'

const IDS = ['1F602', '2665', '__proto__', '"\\', '😂']
/** Every other one is multiplexed. */
const CLIENTS = 4

type Step =
  | { readonly kind: 'add'; readonly id: string; readonly count: number }
  | { readonly kind: 'flush' | 'turn' }
  | { readonly kind: 'stall' | 'drain' | 'reopen'; readonly client: number }

const client = fc.nat(CLIENTS - 1)
const count = fc.oneof(fc.constantFrom(1, MAX_INCREMENT), fc.integer({ min: 1, max: 9 }))
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('add' as const), id: fc.constantFrom(...IDS), count }) },
  { weight: 4, arbitrary: fc.constantFrom({ kind: 'flush' } as const, { kind: 'turn' } as const) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('stall' as const, 'drain' as const, 'reopen' as const), client }) },
)

/** A stream, and the number of the flush that it started at. */
interface Client extends OpenStream {
  readonly flush: number
}

/** The gateway's core with a namespace of increments and one of the latest value, and a history that never forgets. */
class World {
  readonly clients: Client[]
  private readonly core: ReturnType<typeof aHub>
  private readonly votes: IncrementsStream
  private readonly newest: LatestStream
  private readonly log: RecordingLog
  private added = 0
  /** How much the log had taken at each flush, and how many values there were. */
  private readonly flushes = [{ taken: 0, values: 0 }]

  constructor(capacity: number, slice: number, maxIds = IDS.length) {
    vi.clearAllTimers()
    this.core = aHub({ slice, limits: { queueMaxBytes: 1, queueStallMs: 1e9, epsStallMs: 1e9 } })
    const { hub } = this.core
    const log = new RecordingLog({ capacity, maxIds })
    this.log = log
    const value = new LatestValueLog()
    const flushes = { request: () => undefined }
    const summary = new ScoreSummary(log, encodeEventName('votes'))
    this.votes = new IncrementsStream('votes', log, hub.follow('votes', log, summary), { count: () => undefined }, flushes)
    const event = encodeEventName('newest')
    this.newest = new LatestStream('newest', event, value, hub.follow('newest', value, value), { accepts: () => true }, flushes)
    this.clients = Array.from({ length: CLIENTS }, (_, index) => this.open(index))
  }

  take(step: Step): void {
    if (step.kind === 'add') {
      this.votes.add(step.id, step.count)
      this.newest.publish(String(++this.added))
    } else if (step.kind === 'flush') this.flush()
    else if (step.kind === 'turn') vi.advanceTimersToNextTimer()
    else if ('client' in step) this.touch(step.kind, step.client)
  }

  flush(): void {
    this.flushes.push({ taken: this.log.taken.length, values: this.added })
    this.votes.flush(0)
    this.newest.flush(0)
  }

  /** The log has taken all that was added. */
  checkComplete(): void {
    expect(this.log.taken).toHaveLength(this.added)
  }

  /** The sums that a client received equal the increments since it opened; a closed one has them up to some flush, never anything else. */
  check({ outlet, subscriber, flush }: Client): void {
    const ends = subscriber.isClosed ? this.flushes.slice(flush) : this.flushes.slice(-1)
    const start = this.flushes[flush]?.taken ?? 0
    expect(ends.map(({ taken }) => total(this.log.taken.slice(start, taken)))).toContainEqual(sums(outlet.text))
    if (subscriber.isClosed) expect(outlet.ending).toBe('destroyed')
  }

  /** Values come in order, each once; a client that keeps up, or has caught up, has the newest. */
  checkNewest({ outlet, subscriber }: Client): void {
    const values = [...outlet.text.matchAll(/^event:newest\ndata:(.*)\n\n/gm)].map(([, value]) => Number(value))
    expect(values).toEqual([...new Set(values)].toSorted((a, b) => a - b))
    if (!subscriber.isClosed) expect(values.at(-1) ?? 0).toBe(this.flushes.at(-1)?.values)
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
    const stream = this.core.open(index % 2 === 0 ? ['votes'] : ['eps', 'newest', 'votes'])
    stream.subscriber.sendLatest(0)
    return { ...stream, flush: this.flushes.length - 1 }
  }
}

function sums(text: string): Record<string, number> {
  const frames = [...text.matchAll(/^(?:event:votes\n)?data:(\{.*)\n\n/gm)]
  return total(frames.flatMap(([, json]) => Object.entries<number>(JSON.parse(json ?? ''))))
}

function total(increments: readonly (readonly [id: string, count: number])[]): Record<string, number> {
  const sum: Record<string, number> = Object.create(null)
  for (const [id, count] of increments) sum[id] = (sum[id] ?? 0) + count
  return sum
}

describe('what a subscriber of a plug-in’s increments received adds up to what was added while it was subscribed', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  for (const [name, capacity, slice, maxIds] of [
    ['with room in the log', 1000, 200],
    ['when the log wraps around', 7, 200],
    ['when each subscriber takes a turn of the event loop', 1000, 1],
    ['when the log wraps around while a round is under way', 7, 1],
    ['when entries retire because the log holds few different ids', 1000, 200, 2],
    ['when entries retire while a round is under way', 1000, 1, 2],
  ] as const) {
    it(`for any interleaving of increments, flushes, stalls, drains and reconnects ${name}`, () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
          const world = new World(capacity, slice, maxIds)
          for (const each of steps) world.take(each)
          for (const { outlet } of world.clients) outlet.drain()
          vi.runAllTimers()
          // An increment of an id that the log has no room for waits for a later flush.
          for (let flushes = 0; flushes <= IDS.length; flushes++) world.flush()
          vi.runAllTimers()
          world.checkComplete()
          for (const each of world.clients) world.check(each)
          for (const each of world.clients) if (each.subscriber.audience.isNamed) world.checkNewest(each)
        }),
        { numRuns: 200 },
      )
    })
  }
})
