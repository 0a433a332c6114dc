import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { pluginNamespaces } from '../../../../test/support/fakes/plugin-namespaces.js'
import { TransportService } from '../transport/transport.service.js'
import { StreamStatsProvider } from './stream-stats.provider.js'

const ME = '192.0.2.1'

describe('StreamStatsProvider', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 1_700_000_000_900 }))
  afterEach(() => void vi.useRealTimers())

  function reporting() {
    const world = pluginNamespaces()
    const transport = new TransportService({
      calls: null,
      notsentLowatBytes: 1,
      ackTimeoutMs: 40_000,
      heartbeatMs: 15_000,
      canTakeOver: true,
    })
    return { ...world, stats: new StreamStatsProvider(world.hub, world.broadcaster, transport, world.namespaces) }
  }

  it('lists every open stream, in the order of opening', () => {
    const { stats, open } = reporting()
    const streams = [['eps'], ['details/26'], ['eps', 'details/26'], ['raw']].map((namespaces) => {
      const stream = open(namespaces, { clientIp: ME, token: 'secret' })
      vi.advanceTimersByTime(1000)
      return stream
    })
    streams[1]?.subscriber.send(Buffer.from('x'), 3, 0)
    streams[0]?.subscriber.close('client')
    const rest = { clientIp: ME, userAgent: 'test', conflated: 0, bufferedBytes: 0, lagMs: 0 }
    expect([...stats.each()]).toEqual([
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
    expect(stats.total).toBe(3)
  })

  it.each([
    [['details/2665'], false, '2665'],
    [['details/a/b'], false, 'a/b'],
    [['details'], false, null],
    [['eps'], false, null],
    [['eps/2665'], false, null],
    [['raw'], false, null],
    [['details/2665'], true, null],
    [['raw', 'eps'], true, null],
    [['details', 'eps', 'news', 'raw'], true, null],
  ])('%j (multiplexed: %s) has the tag %j', (namespaces, isNamed, tag) => {
    const { stats, open } = reporting()
    open(namespaces, { isNamed })
    expect([...stats.each()]).toMatchObject([{ tag }])
  })

  it('lists the namespaces of a stream in the order of its own request, also where others share its audience', () => {
    const { stats, open } = reporting()
    open(['raw', 'eps'])
    open(['eps', 'raw'])
    expect([...stats.each()].map(({ namespaces }) => namespaces)).toEqual([
      ['raw', 'eps'],
      ['eps', 'raw'],
    ])
  })

  it('tells what waits for a stream: the rest of a write, and what is behind its cursors; and since when', () => {
    const { stats, open, append, flush } = reporting()
    const { outlet } = open(['raw'])
    outlet.isStalled = true
    append('a')
    append('bb')
    flush()
    const lagMs = 20
    expect([...stats.each()]).toMatchObject([{ bufferedBytes: 'data:a\n\ndata:bb\n\n'.length, lagMs, msgsSent: 1 }])
  })

  it('measures how many rounds of eps frames there were per second', () => {
    const { stats, open, append, bus, log } = reporting()
    open()
    stats.sample({ subscribers: 0, bytes: 0 }, performance.now())
    expect(stats.epsRate).toBe(0)
    for (let round = 0; round < 30; round++) {
      append('a')
      bus.emit('scores.summarized', { from: log.position - 1, to: log.position, atMs: performance.now(), lateMs: 0 })
    }
    stats.sample({ subscribers: 0, bytes: 0 }, performance.now() + 500)
    expect(stats.epsRate).toBe(60)
  })

  it('has the last backlog, the figures of the hub, the writer and the namespaces of plug-ins', () => {
    const { stats, hub, open, namespaces, append } = reporting()
    expect(stats).toMatchObject({ backlog: { subscribers: 0, bytes: 0 }, writer: 'socket.write', plugInNamespaces: [] })
    stats.sample({ subscribers: 2, bytes: 7 }, performance.now() + 1)
    namespaces.queue('news')
    open(['raw'])
    append('a', 'b')
    expect(stats.backlog).toEqual({ subscribers: 2, bytes: 7 })
    expect(stats.plugInNamespaces).toEqual(['news'])
    expect(stats.msgsBroadcast).toBe(2)
    expect(stats.traffic).toBe(hub.traffic)
    expect(stats.traffic.frames).toBe(2)
  })
})
