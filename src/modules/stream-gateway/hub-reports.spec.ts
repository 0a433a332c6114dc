import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { aHub } from '../../../test/support/fakes/a-hub.js'

const ME = '192.0.2.1'
const OTHER = '192.0.2.2'

describe('cleaning up', () => {
  it('closes the streams of one client that hold the namespace alone, and says how many', () => {
    const { hub, open, closed } = aHub()
    const mine = [open(['eps'], { clientIp: ME }), open(['eps'], { clientIp: ME, isChunked: true })]
    const kept = [
      open(['eps'], { clientIp: OTHER }),
      open(['raw'], { clientIp: ME }),
      open(['eps'], { clientIp: ME, isNamed: true }),
      open(['eps', 'raw'], { clientIp: ME }),
    ]
    expect(hub.cleanUp('eps', { clientIp: ME })).toBe(2)
    expect(mine.map(({ outlet }) => outlet.ending)).toEqual(['ended', 'ended'])
    expect(kept.map(({ outlet }) => outlet.ending)).toEqual(['open', 'open', 'open', 'open'])
    expect(closed.map(({ reason }) => reason)).toEqual(['cleanup', 'cleanup'])
    expect(hub.cleanUp('eps', { clientIp: ME })).toBe(0)
  })

  it('tells details of one id from those of another, and from those of all', () => {
    const { hub, open } = aHub()
    for (const namespace of ['details', 'details/26', 'details/2665']) open([namespace], { clientIp: ME })
    expect(hub.cleanUp('details/26', { clientIp: ME })).toBe(1)
    expect(hub.total).toBe(2)
  })

  it('closes no stream whose address is that of a router, which others have as well', () => {
    const { hub, open } = aHub()
    open(['eps'], { clientIp: ME, hasSharedIp: true })
    expect(hub.cleanUp('eps', { clientIp: ME })).toBe(0)
    expect(hub.total).toBe(1)
  })

  it('takes no unknown address for the same as another unknown one', () => {
    const { hub, open } = aHub()
    open(['eps'], { clientIp: '' })
    expect(hub.cleanUp('eps', { clientIp: '' })).toBe(0)
    expect(hub.cleanUp('eps', {})).toBe(0)
  })

  it('closes exactly the stream with a token, whoever asks, and only among those of the namespace', () => {
    const { hub, open } = aHub()
    const streams = [open(['eps'], { clientIp: ME }), open(['eps'], { clientIp: ME }), open(['raw']), open(['eps'], { isNamed: true })]
    for (const [index, { subscriber }] of streams.entries()) subscriber.token = `token-${index}`
    for (const token of ['token-2', 'token-3', 'token-9', '']) expect(hub.cleanUp('eps', { token, clientIp: ME })).toBe(0)
    expect(hub.cleanUp('eps', { token: 'token-1' })).toBe(1)
    expect(streams.map(({ outlet }) => outlet.ending)).toEqual(['open', 'ended', 'open', 'open'])
    expect(hub.cleanUp('eps', { token: 'token-1' })).toBe(0)
  })
})

describe('the list of open streams', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 1_700_000_000_900 }))
  afterEach(() => void vi.useRealTimers())

  it('holds every one, in the order of opening', () => {
    const { hub, open } = aHub()
    const streams = [['eps'], ['details/26'], ['eps', 'details/26'], ['raw']].map((namespaces) => {
      const stream = open(namespaces, { clientIp: ME })
      vi.advanceTimersByTime(1000)
      return stream
    })
    streams[1]?.subscriber.send(Buffer.from('x'), 3, 0)
    streams[0]?.subscriber.close('client')
    const rest = { clientIp: ME, userAgent: 'test', conflated: 0, bufferedBytes: 0, lagMs: 0 }
    expect([...hub.each()]).toEqual([
      { ...rest, requestPath: '/subscribe/details/26', namespaces: ['details/26'], tag: '26', createdAt: 1_700_000_001, msgsSent: 3 },
      {
        ...rest,
        requestPath: '/subscribe/eps,details/26',
        namespaces: ['eps', 'details/26'],
        tag: null,
        createdAt: 1_700_000_002,
        msgsSent: 0,
      },
      { ...rest, requestPath: '/subscribe/raw', namespaces: ['raw'], tag: null, createdAt: 1_700_000_003, msgsSent: 0 },
    ])
    expect(hub.total).toBe(3)
  })
})

describe('a sweep', () => {
  const SWEEP_MS = 20_000
  const IDLE_SINCE_MS = 5000

  it('sends a heartbeat to the idle, and ends those that have not drained in time', () => {
    const { hub, open, closed } = aHub()
    const [idle, busy, slow, waiting] = [open(['raw']), open(['raw']), open(['raw']), open(['raw'])]
    busy?.subscriber.send(Buffer.from('x'), 1, IDLE_SINCE_MS + 1)
    for (const [stream, sinceMs] of [
      [slow, 0],
      [waiting, SWEEP_MS - 1],
    ] as const) {
      stream.outlet.isStalled = true
      stream.subscriber.send(Buffer.from('x'), 1, sinceMs)
    }
    expect([...hub.sweep(SWEEP_MS, IDLE_SINCE_MS)]).toEqual([])
    expect(idle?.outlet.text).toBe(':keepalive\n\n')
    expect(busy?.outlet.text).toBe('x')
    expect(closed).toMatchObject([{ reason: 'slow' }])
    expect(slow?.outlet.ending).toBe('destroyed')
    expect(waiting?.outlet.ending).toBe('open')
  })

  it('ends who is so far behind that the ring has overwritten what it lacks, and leaves who just keeps up', () => {
    const { hub, open, flush, closed } = aHub({ capacity: 4 })
    const [lost, last] = [open(), open()]
    lost.outlet.isStalled = true
    last.outlet.isStalled = true
    flush('a')
    last.outlet.drain()
    hub.scores.run()
    last.outlet.isStalled = true
    flush('b')
    flush('c', 'd', 'e', 'f')
    expect([lost, last].map(({ subscriber }) => subscriber.cursor)).toEqual([1, 2])
    expect([...hub.sweep(0, -1)]).toEqual([])
    expect(closed).toMatchObject([{ namespaces: ['eps'], reason: 'slow' }])
    expect(last.subscriber.isClosed).toBe(false)
  })

  it('counts who has not drained, and what waits for them', () => {
    const { hub, open } = aHub()
    const [ready, waiting, slow] = [open(['raw']), open(['raw']), open(['raw'])]
    for (const [{ outlet, subscriber }, sinceMs] of [
      [waiting, SWEEP_MS - 1],
      [slow, 0],
    ] as const) {
      outlet.isStalled = true
      subscriber.send(Buffer.from('twelve bytes'), 1, sinceMs)
    }
    expect(hub.backlog).toEqual({ subscribers: 0, bytes: 0 })
    expect([...hub.sweep(SWEEP_MS, IDLE_SINCE_MS)]).toEqual([])
    expect(hub.backlog).toEqual({ subscribers: 1, bytes: 12 })

    waiting.outlet.drain()
    ready.subscriber.close('client')
    expect([...hub.sweep(SWEEP_MS, IDLE_SINCE_MS)]).toEqual([])
    expect(hub.backlog).toEqual({ subscribers: 0, bytes: 0 })
  })

  it('ends in order those whose time has come, and leaves the others alone', () => {
    const { hub, open, closed } = aHub()
    const streams = [open(['raw']), open(['raw']), open(['raw'])]
    for (const [index, { subscriber }] of streams.entries()) subscriber.expiresAtMs = SWEEP_MS - 1 + index
    expect([...hub.sweep(SWEEP_MS, IDLE_SINCE_MS)]).toEqual([])
    expect(streams.map(({ outlet }) => outlet.ending)).toEqual(['ended', 'ended', 'open'])
    expect(closed.map(({ reason }) => reason)).toEqual(['expired', 'expired'])
  })

  it('gives the event loop its turn after each slice', () => {
    const { hub, open } = aHub({ slice: 2 })
    const streams = Array.from({ length: 5 }, () => open(['raw']))
    const sweep = hub.sweep(SWEEP_MS, IDLE_SINCE_MS)
    const seen = () => streams.filter(({ outlet }) => outlet.text !== '').length
    expect([sweep.next().done, seen()]).toEqual([false, 2])
    expect([sweep.next().done, seen()]).toEqual([false, 4])
    expect([sweep.next().done, seen()]).toEqual([true, 5])
  })

  it('measures how many rounds of eps frames there were per second', () => {
    vi.useFakeTimers()
    const { hub, open, flush } = aHub()
    open()
    expect(hub.epsRate).toBe(0)
    for (let round = 0; round < 30; round++) flush('a')
    expect([...hub.sweep(performance.now() + 500, 0)]).toEqual([])
    expect(hub.epsRate).toBe(60)
    vi.useRealTimers()
  })
})
