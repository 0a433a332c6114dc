import { Logger } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { aHub, type OpenStream } from '../../../../test/support/fakes/a-hub.js'
import { configOf } from '../../../../test/support/fakes/config-of.js'
import { encodeEventName } from '../../../common/core/sse-frame.js'
import { ScoreLog } from '../../../common/score-log/score-log.js'
import { ScoreSummary } from '../../../common/score-log/score-summary.js'
import { NodeState } from '../../../common/stats/node-stats.js'
import { IncrementsStream } from '../plugin-streams/plugin-streams.js'
import { DrainService } from './drain.service.js'

// The fake timers know those of `node:timers/promises` only through the global ones.
vi.mock('node:timers/promises', () => ({
  setTimeout: (ms: number) => new Promise((resolve) => setTimeout(resolve, ms)),
  setImmediate: () => new Promise((resolve) => setImmediate(resolve)),
}))

describe('DrainService', () => {
  let world: ReturnType<typeof aHub>
  let announced: number
  let node: NodeState
  let host: HttpAdapterHost<FastifyAdapter>

  beforeEach(() => {
    vi.useFakeTimers()
    vi.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined)
    world = aHub()
    announced = 0
    node = new NodeState()
    world.bus.on('node.draining', () => announced++)
    host = new HttpAdapterHost()
    host.httpAdapter = new FastifyAdapter()
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })

  function draining(seconds: number) {
    const service = new DrainService(configOf({ DRAIN_S: String(seconds) }), world.bus, node, world.hub, host)
    const onDone = vi.fn()
    return {
      service,
      start: () => void service.drain().then(onDone),
      isDone: () => onDone.mock.calls.length === 1,
    }
  }

  /** The data from before the drain is read, and the first step is done, in several turns. */
  const firstStep = () => vi.advanceTimersByTimeAsync(85)

  /** The consequences of the last streams are over with their turn. */
  const turnEnd = () => vi.advanceTimersByTimeAsync(1)

  const openMany = (count: number) => Array.from({ length: count }, () => world.open(['eps'], { isChunked: true }))
  const ended = (streams: readonly OpenStream[]) => streams.filter(({ outlet }) => outlet.ending === 'ended').length
  const retries = (streams: readonly OpenStream[]) => streams.map(({ outlet }) => Number(/retry:(\d+)\n\n/.exec(outlet.text)?.[1]))

  it('ends all streams at once where there is no time to drain', async () => {
    const { service } = draining(0)
    const streams = openMany(1000)
    void service.drain()
    await firstStep()
    expect(ended(streams)).toBe(1000)
    expect(new Set(world.closed.map(({ reason }) => reason))).toEqual(new Set(['shutdown']))
  })

  it('spreads the ends evenly over the time, the oldest first', async () => {
    const { start, isDone } = draining(10)
    const streams = openMany(1000)
    start()
    for (let second = 1; second <= 10; second++) {
      await vi.advanceTimersByTimeAsync(1000)
      expect(ended(streams)).toBeGreaterThanOrEqual(second * 100 - 5)
      expect(ended(streams)).toBeLessThanOrEqual(second * 100)
      expect(ended(streams.slice(0, ended(streams)))).toBe(ended(streams))
    }
    await vi.advanceTimersByTimeAsync(50)
    expect([ended(streams), isDone()]).toEqual([1000, true])
  })

  it('sends each client a different time to wait before it reconnects, 0.3 to 2.5 s', async () => {
    const streams = openMany(1000)
    void draining(0).service.drain()
    await firstStep()
    const times = retries(streams)
    expect(Math.min(...times)).toBeGreaterThanOrEqual(300)
    expect(Math.max(...times)).toBeLessThanOrEqual(2500)
    // 1000 of 2201 times: all the same, or nearly so, would be a storm to come.
    expect(new Set(times).size).toBeGreaterThan(500)
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(1900)
  })

  it('is over at once with nobody there', async () => {
    const { start, isDone } = draining(10)
    start()
    await vi.advanceTimersByTimeAsync(0)
    expect([announced, isDone()]).toEqual([1, true])
  })

  it('is over as soon as nobody is left', async () => {
    const { start, isDone } = draining(10)
    const streams = openMany(10)
    start()
    await vi.advanceTimersByTimeAsync(500)
    expect(isDone()).toBe(false)
    for (const { subscriber } of streams) subscriber.close('client')
    await vi.advanceTimersByTimeAsync(50)
    await turnEnd()
    expect(isDone()).toBe(true)
    expect(world.closed).toHaveLength(10)
  })

  it('lets the only stream continue for the whole drain time', async () => {
    const { start, isDone } = draining(10)
    const streams = openMany(1)
    start()
    await vi.advanceTimersByTimeAsync(9900)
    expect(ended(streams)).toBe(0)
    await vi.advanceTimersByTimeAsync(150)
    await turnEnd()
    expect([ended(streams), isDone()]).toEqual([1, true])
  })

  it('counts clients that leave by themselves as closed', async () => {
    const { start } = draining(10)
    const streams = openMany(100)
    start()
    for (const { subscriber } of streams.slice(50)) subscriber.close('client')
    await vi.advanceTimersByTimeAsync(5000)
    expect(ended(streams)).toBe(0)
    await vi.advanceTimersByTimeAsync(2550)
    expect(ended(streams)).toBe(25)
  })

  it('ends no stream before it has what had come for it', async () => {
    const { start } = draining(0)
    const [stream] = openMany(1)
    const other = world.open(['details'])
    world.log.append(Buffer.from('last'))
    start()
    await vi.advanceTimersByTimeAsync(200)
    expect([stream?.outlet.ending, other.outlet.ending]).toEqual(['open', 'ended'])
    world.flush()
    await vi.advanceTimersByTimeAsync(50)
    expect(stream?.outlet.ending).toBe('ended')
    expect(stream?.outlet.text).toMatch(/data:\{"last":1\}.*retry:/s)
  })

  it('ends no stream before it has what had come, and was read only after the signal', async () => {
    const { start } = draining(0)
    const [stream] = openMany(1)
    start()
    await vi.advanceTimersByTimeAsync(17)
    setImmediate(() => world.log.append(Buffer.from('last')))
    await vi.advanceTimersByTimeAsync(200)
    expect(stream?.outlet.ending).toBe('open')
    world.flush()
    await firstStep()
    expect(stream?.outlet.text).toMatch(/data:\{"last":1\}.*retry:/s)
  })

  it('ends no stream before it has what a plug-in had added for it', async () => {
    const log = new ScoreLog({ capacity: 8, maxIds: 8 })
    const fanOut = world.hub.follow('votes', log, new ScoreSummary(log, encodeEventName('votes')))
    const votes = new IncrementsStream('votes', log, fanOut, { count: () => undefined }, { request: () => undefined })
    const { outlet } = world.open(['votes'])
    const { start } = draining(0)
    votes.add('last', 5)
    start()
    await vi.advanceTimersByTimeAsync(200)
    expect(outlet.ending).toBe('open')
    votes.flush(0)
    await vi.advanceTimersByTimeAsync(50)
    expect(outlet.ending).toBe('ended')
    expect(outlet.text).toMatch(/data:\{"last":5\}.*retry:/s)
  })

  it('ends no stream before it has the messages of the turn before', async () => {
    const { start } = draining(0)
    const { outlet } = world.open(['details'])
    start()
    await vi.advanceTimersByTimeAsync(17)
    world.detail('2665', 'last')
    await firstStep()
    expect(outlet.ending).toBe('ended')
    expect(outlet.text).toMatch(/data:last\n\n.*retry:/s)
  })

  it('ends no stream of raw before it has what had been read', async () => {
    const { start } = draining(0)
    const { outlet } = world.open(['raw'])
    world.log.append(Buffer.from('last'))
    start()
    await vi.advanceTimersByTimeAsync(200)
    expect(outlet.ending).toBe('open')
    world.append()
    await vi.advanceTimersByTimeAsync(50)
    expect(outlet.text).toMatch(/data:last\n\n.*retry:/s)
  })

  it('waits for a last sum that does not come no longer than a second', async () => {
    const { start, isDone } = draining(0)
    openMany(1)
    world.log.append(Buffer.from('last'))
    start()
    await vi.advanceTimersByTimeAsync(1100)
    expect(isDone()).toBe(true)
  })

  it('cuts a stream that has not drained, at its turn', async () => {
    const { start, isDone } = draining(0)
    const [stream] = openMany(1)
    if (stream === undefined) throw new Error('no stream')
    stream.outlet.isStalled = true
    world.flush('a')
    world.log.append(Buffer.from('last'))
    start()
    await firstStep()
    await turnEnd()
    expect([stream.outlet.ending, isDone()]).toEqual(['destroyed', true])
  })

  it('says that the node drains before it ends any stream', () => {
    const { service, start } = draining(10)
    const [stream] = openMany(1)
    if (stream === undefined) throw new Error('no stream')
    service.onOpened(stream.subscriber)
    expect([announced, node.isDraining, stream.outlet.ending]).toEqual([0, false, 'open'])
    start()
    expect([announced, node.isDraining]).toEqual([1, true])
  })

  it('ends in order a stream that was admitted before the drain, and opens only then', () => {
    const { service, start } = draining(10)
    start()
    const late = openMany(2)
    for (const { subscriber } of late) service.onOpened(subscriber)
    expect(ended(late)).toBe(2)
    for (const ms of retries(late)) expect(ms).toBeGreaterThanOrEqual(300)
  })

  it('cuts what is still connected a second after the server has begun to close', () => {
    const cut = vi.spyOn(host.httpAdapter.getHttpServer(), 'closeAllConnections')
    draining(0).service.beforeApplicationShutdown()
    vi.advanceTimersByTime(999)
    expect(cut).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(cut).toHaveBeenCalledOnce()
  })
})
