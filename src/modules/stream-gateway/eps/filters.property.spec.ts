import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { aHub, type OpenStream } from '../../../../test/support/fakes/a-hub.js'
import { isMessage, type SseMessage, SseParser } from '../../../../test/support/wire/sse-parser.js'
import { epsNamespace } from '../../../common/core/namespace.js'
import type { StreamPosition } from '../../../common/positions/positions.js'

const IDS = ['1F602', '2665', '__proto__', '"\\', '😂', ' ']

/** The streams of the clients; each carries ids, so that its client can resume. */
const KINDS = [
  { ids: ['1F602'] },
  { ids: ['1F602'] },
  { ids: ['1F602'], rate: 10 },
  { ids: ['2665', '😂', '"\\'] },
  { ids: ['😂', '__proto__', ' ', '2665'], others: ['details/x'] },
  { ids: ['2665', 'never'], hasTotals: true },
  { ids: IDS, hasTotals: true, rate: 3 },
  { ids: null },
  { ids: null, rate: 10 },
  { ids: null, rate: 1 },
  { ids: null, hasTotals: true, rate: 3 },
  { ids: ['2665'], others: ['eps'] },
] as const satisfies readonly {
  readonly ids: readonly string[] | null
  readonly others?: readonly string[]
  readonly hasTotals?: boolean
  readonly rate?: number
}[]

type Step =
  | { readonly kind: 'updates'; readonly ids: readonly string[] }
  | { readonly kind: 'flush' | 'turn' | 'sweep' }
  | { readonly kind: 'stall' | 'drain' | 'resume' | 'reopen'; readonly client: number }

const client = fc.nat(KINDS.length - 1)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('updates' as const), ids: fc.array(fc.constantFrom(...IDS, 'other'), { maxLength: 5 }) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('flush' as const) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('turn' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('sweep' as const) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('stall' as const, 'drain' as const), client }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('resume' as const, 'reopen' as const), client }) },
)

/** A client, over all streams that it has opened one after the other, each from where the one before had ended. */
interface Client {
  /** The position of the log at which it began. */
  from: number
  /** The frames of its streams before the present one. */
  past: SseMessage[]
  stream: OpenStream
  /** Where its present stream began. */
  opened: number
}

const framesOf = ({ outlet }: OpenStream): SseMessage[] => {
  const messages: SseMessage[] = []
  const parser = new SseParser((block) => isMessage(block) && messages.push(block))
  for (const bytes of outlet.received) parser.push(bytes)
  return messages
}

class FilterModel {
  private readonly core
  private readonly clients: Client[]
  private readonly history: string[] = []
  private flushed = 0

  constructor(private readonly setup: { readonly capacity?: number; readonly maxIds?: number; readonly slice?: number }) {
    vi.clearAllTimers()
    this.core = aHub({ capacity: 4096, maxIds: 64, ...setup })
    this.clients = KINDS.map((_, index) => this.begin(index))
  }

  take(each: Step): void {
    if (each.kind === 'updates') this.append(each.ids)
    else if (each.kind === 'flush') this.flush()
    else if (each.kind === 'turn') vi.advanceTimersToNextTimer()
    else if (each.kind === 'sweep') this.sweep()
    else if ('client' in each) this.touch(each.kind, each.client)
  }

  settle(): void {
    for (const { stream } of this.clients) stream.outlet.drain()
    vi.runAllTimers()
    this.flush()
    vi.runAllTimers()
    this.sweep()
  }

  check(): void {
    for (const [index, { from, past, stream }] of this.clients.entries()) {
      if (stream.subscriber.isClosed) continue
      const { ids, hasTotals } = this.kindOf(index)
      const got: Record<string, number> = Object.create(null)
      for (const { data } of [...past, ...framesOf(stream)]) {
        for (const [id, amount] of Object.entries<number>(JSON.parse(data))) got[id] = hasTotals ? amount : (got[id] ?? 0) + amount
      }
      const wanted: Record<string, number> = Object.create(null)
      for (const id of this.history.slice(from)) {
        if (ids === null || ids.includes(id))
          wanted[id] = hasTotals ? this.history.filter((each) => each === id).length : (wanted[id] ?? 0) + 1
      }
      expect({ index, got }).toEqual({ index, got: wanted })
    }
  }

  close(): void {
    // A stream ends as slow only where the ring was too small.
    const { capacity, maxIds } = this.setup
    if (capacity === undefined && maxIds === undefined) expect(this.core.closed.filter(({ reason }) => reason !== 'client')).toEqual([])
    for (const { stream } of this.clients) stream.subscriber.close('client')
    this.flush()
    vi.runAllTimers()
    expect(this.core.eps.isIdle).toBe(true)
  }

  private kindOf(index: number) {
    const {
      ids = null,
      others = [],
      hasTotals = false,
      rate = 60,
    }: Partial<{
      ids: readonly string[] | null
      others: readonly string[]
      hasTotals: boolean
      rate: number
    }> = KINDS[index] ?? {}
    const namespaces = [...(ids ?? []).map(epsNamespace), ...(ids === null ? ['eps'] : []), ...others]
    return { ids: namespaces.includes('eps') ? null : ids, namespaces, hasTotals, rate }
  }

  private append(ids: readonly string[]): void {
    const { log, bus, totals } = this.core
    for (const id of ids) if (log.append(Buffer.from(id)) === null) this.history.push(id)
    totals.advance()
    bus.emit('scores.appended', { to: log.position, updates: ids.length })
  }

  private flush(): void {
    this.core.flush()
    this.flushed = this.core.log.position
  }

  private sweep(): void {
    for (const subscriber of this.core.hub) if (subscriber.isLost) subscriber.close('slow')
  }

  private touch(kind: 'stall' | 'drain' | 'resume' | 'reopen', index: number): void {
    const each = this.clients[index]
    if (each === undefined) return
    const { stream } = each
    if (kind === 'stall') stream.outlet.isStalled = true
    else if (kind === 'drain') stream.outlet.drain()
    else {
      stream.subscriber.close('client')
      const at = this.positionOf(each)
      if (kind === 'reopen' || at < this.core.log.oldest) this.clients[index] = this.begin(index)
      else {
        const past = [...each.past, ...framesOf(stream)]
        const start = { eps: at, raw: at, message: { at, ordinal: null } }
        this.clients[index] = { ...each, past, ...this.open(index, start) }
      }
    }
  }

  /** Up to where the client has everything: the position of its last frame. */
  private positionOf({ stream, opened }: Client): number {
    const id = framesOf(stream).at(-1)?.id
    if (id === undefined) return opened
    const place = this.core.positions.resolve(id)
    if (place.kind !== 'at') throw new Error(`the id ${id} has no place`)
    return place.eps
  }

  private begin(index: number): Client {
    return { from: this.flushed, past: [], ...this.open(index, null) }
  }

  /** The position of a new stream is the id that its opening has. */
  private open(index: number, start: StreamPosition | null): Pick<Client, 'stream' | 'opened'> {
    const { namespaces, hasTotals, rate } = this.kindOf(index)
    const isNamed = namespaces.length > 1
    const stream = this.core.open(namespaces, { isNamed, options: { isResumable: true, hasTotals, rate }, start })
    const { audience, cursors } = stream.subscriber
    const opened = audience.place.of(cursors)?.eps
    if (opened === undefined) throw new Error('a stream without a position')
    return { stream, opened }
  }
}

describe('the invariant: what a client of some ids, or of a rate, received adds up to what was published since it began', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  for (const [name, setup] of [
    ['with room in the ring', {}],
    ['when each subscriber takes a turn of the event loop', { slice: 1 }],
    ['when the ring wraps around', { capacity: 9, slice: 2 }],
    ['when updates retire because the ring holds few different ids', { maxIds: 4, slice: 3 }],
  ] as const) {
    it(`holds for any interleaving of updates, flushes, stalls, drains and resumes ${name}`, () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
          const model = new FilterModel(setup)
          for (const each of steps) model.take(each)
          model.settle()
          model.check()
          model.close()
        }),
        { numRuns: 100 },
      )
    })
  }
})
