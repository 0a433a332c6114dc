import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { aHub, type OpenStream, type Setup } from '../../../../test/support/fakes/a-hub.js'
import { framesOf } from '../../../../test/support/fakes/gateway-checks.js'
import { stepFor } from '../../../../test/support/fakes/gateway-steps.js'
import { parseStreamRequest, type StreamRequest } from './stream-request.js'
import { StreamStartService } from './stream-start.service.js'

const CLIENTS = 4
const IDS = ['1F602', '2665', '__proto__', '"\\', ' ']
const { flush, turn, client } = stepFor(CLIENTS)
const updates = fc.record({ kind: fc.constant('updates' as const), ids: fc.array(fc.constantFrom(...IDS), { minLength: 1, maxLength: 4 }) })
const open = fc.record({ kind: fc.constant('open' as const), client: fc.nat(CLIENTS - 1), hasTotals: fc.boolean() })
const time = fc.record({ kind: fc.constant('time' as const), ms: fc.constantFrom(20, 1000) })
const step = fc.oneof(
  { weight: 8, arbitrary: updates },
  { weight: 3, arbitrary: flush },
  { weight: 3, arbitrary: turn },
  { weight: 4, arbitrary: client },
  { weight: 4, arbitrary: open },
  { weight: 1, arbitrary: time },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

interface Client extends OpenStream {
  readonly hasTotals: boolean
}

function asking(query: string): StreamRequest {
  const wanted = parseStreamRequest(`/subscribe/eps?${query}`, 'eps', new Set(['eps']))
  if ('status' in wanted) throw new Error(wanted.message)
  return wanted
}

/** The core of the gateway, and clients that begin with a snapshot. */
class SnapshotModel {
  private readonly core: ReturnType<typeof aHub>
  private readonly starts: StreamStartService
  private readonly all: Client[] = []
  private readonly open: (Client | undefined)[] = []
  private readonly published = new Map<string, number>()

  constructor(setup: Setup) {
    vi.clearAllTimers()
    this.core = aHub(setup)
    const { positions, snapshots, log, hub } = this.core
    this.starts = new StreamStartService(positions, snapshots, log, hub)
  }

  take(step: Step): void {
    if (step.kind === 'updates') this.append(step.ids)
    else if (step.kind === 'flush') this.core.flush()
    else if (step.kind === 'turn') vi.advanceTimersToNextTimer()
    else if (step.kind === 'time') vi.advanceTimersByTime(step.ms)
    else if (step.kind === 'open') this.reopen(step.client, step.hasTotals)
    else if (step.kind === 'stall') this.stall(step.client)
    else if (step.kind === 'drain') this.open[step.client]?.outlet.drain()
  }

  /** All clients read, and all that is pending is delivered. */
  settle(): void {
    for (const each of this.open) each?.outlet.drain()
    vi.runAllTimers()
    this.core.flush()
    vi.runAllTimers()
  }

  /** Each stream that is open has the scores: by its snapshot and the increments or totals after it. */
  check(): void {
    for (const each of this.all) {
      if (each.subscriber.isClosed) continue
      const scores = new Map<string, number>()
      for (const { data } of framesOf(each)) {
        for (const [id, number] of Object.entries<number>(JSON.parse(data)))
          scores.set(id, each.hasTotals ? number : (scores.get(id) ?? 0) + number)
      }
      expect(scores).toEqual(this.published)
    }
  }

  private append(ids: readonly string[]): void {
    for (const id of ids) {
      this.core.append(id)
      this.published.set(id, (this.published.get(id) ?? 0) + 1)
    }
  }

  private stall(index: number): void {
    const stalled = this.open[index]
    if (stalled !== undefined) stalled.outlet.isStalled = true
  }

  private reopen(index: number, hasTotals: boolean): void {
    this.open[index]?.subscriber.close('client')
    const start = this.starts.of(asking(hasTotals ? 'totals=1' : 'snapshot=1'), performance.now())
    const stream = { ...this.core.open(['eps'], { options: { hasTotals }, start: start.position }), hasTotals }
    const frames = start.snapshot
    if (frames !== null) stream.subscriber.send(frames.for(stream.subscriber.audience.variant), 1, performance.now())
    this.open[index] = stream
    this.all.push(stream)
  }
}

describe('a snapshot and what comes after it are the scores', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  for (const [name, setup] of [
    ['with room in the ring', {}],
    ['when the ring wraps around', { capacity: 7 }],
    ['when each subscriber takes a turn of the event loop', { slice: 1 }],
  ] as const) {
    it(`for any interleaving of updates, flushes, stalls, drains and streams that open ${name}`, () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
          const model = new SnapshotModel(setup)
          for (const each of steps) model.take(each)
          model.settle()
          model.check()
        }),
        { numRuns: 150 },
      )
    })
  }
})
