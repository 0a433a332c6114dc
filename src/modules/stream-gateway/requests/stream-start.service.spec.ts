import { describe, expect, it, vi } from 'vitest'
import { aHub } from '../../../../test/support/fakes/a-hub.js'
import { PRIVATE_EPOCH } from '../../../../test/support/fakes/positions.js'
import { parseMultiplexedRequest, parseStreamRequest, type StreamRequest } from './stream-request.js'
import { StreamStartService } from './stream-start.service.js'

const EPOCH = 'abcdefgh'
const SERVED = new Set(['eps', 'raw', 'details', 'votes'])
/** The first cut was at position 0 of the log, where the sum of all scores was so much. */
const BASE = 100

function asking(query: string, namespaces: readonly string[] = ['eps']): StreamRequest {
  const [only = ''] = namespaces
  const streams = namespaces.map((namespace) => `stream=${namespace}`).join('&')
  const wanted =
    namespaces.length === 1
      ? parseStreamRequest(`/subscribe/${only}?${query}`, only, SERVED)
      : parseMultiplexedRequest(`/subscribe?${streams}&${query}`, SERVED)
  if ('status' in wanted) throw new Error(wanted.message)
  return wanted
}

function starting({ isShared = true, capacity = 64 } = {}) {
  const world = aHub({ capacity })
  const { positions, snapshots, log, hub } = world
  const starts = new StreamStartService(positions, snapshots, log, hub)
  positions.map.begin(0, BASE)
  positions.epoch = EPOCH
  positions.isVerified = isShared
  positions.setReason(isShared ? null : 'disagrees', 0)
  return {
    ...world,
    starts,
    idOf: (at: number) => positions.idAt(at),
    /** Opens the stream of a request, and returns the start and the opening that its client gets. */
    begin(query: string, namespaces?: readonly string[]) {
      const wanted = asking(query, namespaces)
      const start = starts.of(wanted, 0)
      const { isResumable, hasTotals, rate } = wanted.options
      const stream = world.open(wanted.namespaces, { options: { isResumable, hasTotals, rate }, start: start.position })
      return { ...stream, start, opening: starts.openingOf(start, stream.subscriber) }
    },
  }
}

describe('a stream with ids', () => {
  it('begins at the last flush, and says so', () => {
    const { begin, flush, append, idOf } = starting()
    flush('a', 'b')
    append('c')
    expect(begin('resume=1').opening).toEqual({ id: idOf(2), reset: null, gap: null })
    expect(begin('resume=1', ['raw']).opening).toEqual({ id: idOf(3), reset: null, gap: null })
    expect(idOf(2)).toBe(`${EPOCH}-${(BASE + 2).toString(36)}`)
  })

  it('has the positions of all its namespaces in its id', () => {
    const { begin, flush, append, detail, positions } = starting()
    flush('a', 'b')
    append('c')
    detail('c', 'post')
    const { opening } = begin('resume=1', ['eps', 'raw', 'details/c'])
    expect(opening.id).toBe(positions.compositeId({ eps: 2, raw: 3, message: { at: 3, ordinal: 1 } }))
  })

  it('has the id of now where its namespace has no positions', () => {
    const { begin, flush, idOf } = starting()
    flush('a')
    expect(begin('resume=1', ['votes']).opening).toEqual({ id: idOf(1), reset: null, gap: null })
  })

  it.each([true, false])('continues after its id, in a shared epoch or a private one (shared: %s)', (isShared) => {
    const { begin, flush, idOf } = starting({ isShared })
    flush('a', 'b')
    const id = idOf(1)
    flush('c')
    const { opening, start, subscriber } = begin(`last_event_id=${id}`)
    expect(opening).toEqual({ id, reset: null, gap: null })
    expect(start.snapshot).toBeNull()
    expect(subscriber.cursors.map(({ position }) => position)).toEqual([1])
    expect(id.startsWith(isShared ? EPOCH : PRIVATE_EPOCH)).toBe(true)
  })

  it('gets no snapshot where it continues', () => {
    const { begin, flush, idOf } = starting()
    flush('a')
    expect(begin(`snapshot=1&totals=1&last_event_id=${idOf(1)}`)).toMatchObject({ start: { snapshot: null }, opening: { id: idOf(1) } })
  })

  it('says that messages of namespaces without positions may be missing', () => {
    const { begin, flush, idOf } = starting()
    flush('a')
    const id = idOf(1)
    expect(begin(`last_event_id=${id}`, ['votes']).opening).toEqual({ id, reset: null, gap: { missed: null } })
    expect(begin(`last_event_id=${id}`, ['eps', 'votes']).opening.gap).toEqual({ missed: null })
    expect(begin(`last_event_id=${id}`, ['eps', 'raw']).opening.gap).toBeNull()
  })
})

describe('a stream whose id is of no use', () => {
  it.each([
    ['?', 'malformed'],
    [`${EPOCH}-%0D%0Aa`, 'malformed'],
    [`${EPOCH}-%00`, 'malformed'],
    ['x'.repeat(10_000), 'malformed'],
    [`${EPOCH}-${'z'.repeat(11)}`, 'malformed'],
    ['11', 'malformed'],
    ['otherepoch-2s', 'unknown'],
    [`${PRIVATE_EPOCH}-zz`, 'unknown'],
    [`${EPOCH}-1`, 'too-old'],
    [`${EPOCH}-zzz`, 'ahead'],
  ])('begins anew for %s: %s', (id, reason) => {
    const { begin, flush, idOf } = starting()
    flush('a', 'b')
    for (const query of [`last_event_id=${id}`, `last_event_id=${id}&last_event_id=${id}`]) {
      const { opening, start, subscriber } = begin(query)
      expect(opening).toEqual({ id: idOf(2), reset: reason, gap: null })
      expect(start.snapshot).toBeNull()
      expect(subscriber.cursors.map(({ position }) => position)).toEqual([2])
    }
  })

  it('begins anew where the log no longer holds what comes after it, unless no namespace needs that', () => {
    const { begin, flush, idOf } = starting({ capacity: 4 })
    flush('a')
    const id = idOf(1)
    flush(...'bcdefg')
    expect(begin(`last_event_id=${id}`).opening).toMatchObject({ reset: 'too-old' })
    expect(begin(`last_event_id=${id}`, ['raw']).opening).toMatchObject({ reset: 'too-old' })
    expect(begin(`last_event_id=${id}`, ['details/a']).opening).toMatchObject({ id, reset: null })
  })

  it('gets a snapshot where it asks for one', () => {
    const { begin, flush } = starting()
    flush('a')
    const { start, opening } = begin('snapshot=1&last_event_id=?')
    expect(opening.reset).toBe('malformed')
    expect(start.snapshot?.for(0).toString()).toBe('event:snapshot\ndata:{"a":1}\n\n')
  })
})

describe('a snapshot', () => {
  it('is encoded once for all streams that begin with it, and eps begins at its position', () => {
    const { begin, flush, append, idOf } = starting()
    flush('a', 'b')
    append('b')
    const first = begin('snapshot=1')
    expect(first.subscriber.cursors.map(({ position }) => position)).toEqual([3])
    flush('c')
    const second = begin('snapshot=1&resume=1', ['raw', 'eps'])
    expect(first.start.snapshot).toBe(second.start.snapshot)
    expect(first.start.snapshot?.for(1)).toBe(second.start.snapshot?.for(1))
    expect(first.opening).toEqual({ id: null, reset: null, gap: null })
    expect(second.subscriber.cursors.map(({ position }) => position)).toEqual([4, 3])
    expect(second.opening.id).not.toBe(idOf(4))
  })

  it('is followed by exactly the updates after it', () => {
    vi.useFakeTimers()
    const { begin, flush, append, settle } = starting()
    flush('a', 'b')
    append('b')
    const { outlet } = begin('snapshot=1')
    const totals = begin('totals=1')
    flush('c', 'b')
    settle()
    expect(outlet.text).toBe('data:{"b":1,"c":1}\n\n')
    expect(totals.outlet.text).toBe('data:{"b":3,"c":1}\n\n')
    vi.useRealTimers()
  })
})

describe('a request waits', () => {
  it('while its id is ahead of this node', () => {
    const { starts, append } = starting()
    const wanted = asking(`last_event_id=${EPOCH}-${(BASE + 2).toString(36)}`)
    append('a')
    expect(starts.isAhead(wanted)).toBe(true)
    append('b')
    expect(starts.isAhead(wanted)).toBe(false)
  })

  it.each(['last_event_id=?', `last_event_id=otherepoch-1`, `last_event_id=${EPOCH}-1`, 'resume=1', 'snapshot=1', ''])(
    'not for %j',
    (query) => {
      expect(starting().starts.isAhead(asking(query))).toBe(false)
    },
  )

  it('for the first cut, where it wants a snapshot or has an id', () => {
    const { starts, positions } = starting()
    positions.setReason('starting', 0)
    const waits = ['snapshot=1', 'totals=1', `last_event_id=${EPOCH}-1`, 'resume=1', ''].map((query) => starts.isAhead(asking(query)))
    expect(waits).toEqual([true, true, true, false, false])
  })

  it('for the second cut, where its id may become valid then', () => {
    const { starts, positions } = starting({ isShared: false })
    positions.setReason('unverified', 0)
    const ids = [BASE - 1, BASE, BASE + 1].map((shared) => `${EPOCH}-${shared.toString(36)}`)
    const waits = [...ids, `otherepoch-${(BASE + 1).toString(36)}`].map((id) => starts.isAhead(asking(`last_event_id=${id}`)))
    expect(waits).toEqual([false, true, true, false])
  })
})
