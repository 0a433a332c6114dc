import { SchedulerRegistry } from '@nestjs/schedule'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { positionsOf } from '../../../test/support/fakes/positions.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { FatalErrorService } from '../../common/platform/fatal-error.service.js'
import { ScoreLog } from '../../common/score-log/score-log.js'
import { Discards } from '../../common/stats/counters.js'
import { SummarizerService } from './summarizer.service.js'

const START = 1000

describe('Summarizer', () => {
  let bus: EventBus
  let log: ScoreLog
  let discards: Discards
  let registry: SchedulerRegistry
  let summarizer: SummarizerService
  const fatal = new FatalErrorService()
  const end = vi.spyOn(fatal, 'end').mockImplementation(() => undefined)
  let flushes: { readonly from: number; readonly to: number; readonly atMs: number; readonly lateMs: number }[]

  beforeEach(() => {
    vi.useFakeTimers()
    end.mockClear()
    bus = new EventBus((_event, error) => {
      throw error
    })
    log = new ScoreLog({ capacity: 64, maxIds: 4, start: START })
    discards = new Discards()
    registry = new SchedulerRegistry()
    start(60)
    flushes = []
    bus.on('scores.summarized', ({ from, to, lateMs }) => flushes.push({ from, to, atMs: performance.now(), lateMs }))
  })

  afterEach(() => void vi.useRealTimers())

  function start(epsMaxHz: number): void {
    const { totals, sequence } = positionsOf(log)
    summarizer = new SummarizerService(bus, log, totals, sequence, discards, fatal, registry, { streams: { epsMaxHz } })
    summarizer.onModuleInit()
  }
  const receive = (...ids: string[]) => bus.emit('scores.received', { ids: ids.map((id) => Buffer.from(id)) })
  const ranges = () => flushes.map(({ from, to }) => [from - START, to - START])

  it('announces the first updates at once', () => {
    receive('a', 'b')
    expect(ranges()).toEqual([[0, 2]])
    expect(log.position).toBe(START + 2)
  })

  it('announces what comes soon after together, one period later', () => {
    receive('a')
    vi.advanceTimersByTime(5)
    receive('a', 'b')
    vi.advanceTimersByTime(5)
    receive('c')
    vi.advanceTimersByTime(6)
    expect(ranges()).toEqual([[0, 1]])
    vi.advanceTimersByTime(1)
    expect(ranges()).toEqual([
      [0, 1],
      [1, 4],
    ])
  })

  it('announces contiguous ranges, at most 60 a second, that cover every update within one period', () => {
    const sentAtMs: number[] = []
    for (let ms = 0; ms < 2000; ms++) {
      const ids = Array.from({ length: (ms * ms) % 7 }, (_, i) => 'abcd'[i % 4] ?? 'a')
      sentAtMs.push(...ids.map(() => performance.now()))
      receive(...ids)
      vi.advanceTimersByTime(1)
    }
    vi.advanceTimersByTime(17)
    expect(flushes.map(({ from }) => from)).toEqual([START, ...flushes.slice(0, -1).map(({ to }) => to)])
    expect(flushes.at(-1)?.to).toBe(START + sentAtMs.length)
    for (const { from, to, atMs } of flushes) {
      expect(to).toBeGreaterThan(from)
      expect(atMs - (sentAtMs[from - START] ?? 0)).toBeLessThanOrEqual(17)
    }
    flushes.forEach(({ atMs }, i) => {
      expect((flushes[i + 60]?.atMs ?? Number.POSITIVE_INFINITY) - atMs).toBeGreaterThan(1000)
    })
    expect(flushes.length).toBeGreaterThan(110)
  })

  describe('with EPS_MAX_HZ = 4', () => {
    beforeEach(() => {
      bus = new EventBus((_event, error) => {
        throw error
      })
      bus.on('scores.summarized', ({ from, to, lateMs }) => flushes.push({ from, to, atMs: performance.now(), lateMs }))
      start(4)
    })

    it('announces every update within a quarter of a second, at most 4 times in any second', () => {
      for (let ms = 0; ms < 3000; ms++) {
        receive('a')
        vi.advanceTimersByTime(1)
      }
      vi.advanceTimersByTime(251)
      expect(flushes).toHaveLength(13)
      expect(flushes.at(-1)?.to).toBe(START + 3000)
      for (const [at, { atMs }] of flushes.entries())
        expect((flushes[at + 4]?.atMs ?? Number.POSITIVE_INFINITY) - atMs).toBeGreaterThan(1000)
    })

    it('announces the rest at once when the node drains, and then at the full rate', () => {
      for (const id of ['a', 'b']) receive(id)
      expect(ranges()).toEqual([[0, 1]])
      bus.emit('node.draining', {})
      receive('c')
      vi.advanceTimersByTime(17)
      expect(ranges()).toEqual([
        [0, 1],
        [1, 2],
        [2, 3],
      ])
    })
  })

  it('does nothing at all while nothing comes', () => {
    receive('a')
    receive('b')
    vi.advanceTimersByTime(10_000)
    expect(ranges()).toEqual([
      [0, 1],
      [1, 2],
    ])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('announces at once again after a time without updates', () => {
    receive('a')
    vi.advanceTimersByTime(10_000)
    receive('b')
    expect(ranges().at(-1)).toEqual([1, 2])
  })

  it('says how late a flush came: after its deadline, and never for the time in which nothing was wanted', () => {
    receive('a')
    vi.advanceTimersByTime(10_000)
    receive('b')
    receive('c')
    vi.advanceTimersByTime(17)
    // After a stall of the event loop: the flush was due after 17 ms, and comes after 47.
    receive('d')
    const stalled = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 47)
    receive('e')
    stalled.mockRestore()
    expect(flushes.map(({ lateMs }) => Math.round(lateMs))).toEqual([0, 0, 0, 30])
  })

  it('counts what the log refuses, and announces the rest', () => {
    receive('a', '', 'x\ny', 'b', 'x'.repeat(129), 'c')
    expect(discards.total).toBe(3)
    expect(ranges()).toEqual([[0, 3]])
    vi.advanceTimersByTime(100)
    receive('d', 'e', 'a')
    expect(discards.total).toBe(3)
    expect(ranges().at(-1)).toEqual([3, 6])
  })

  it('has new ids over the bound of one flush wait for the next one, in order, and discards none', () => {
    receive('a', 'b', 'c', 'd', 'e', 'a')
    expect(ranges()).toEqual([[0, 5]])
    receive('e', 'f')
    for (let period = 0; period < 3; period++) vi.advanceTimersByTime(17)
    expect(ranges()).toEqual([
      [0, 5],
      [5, 8],
    ])
    expect([5, 6, 7, 8].map((position) => Buffer.from(log.idAt(START + position)).toString())).toEqual(['a', 'e', 'e', 'f'])
    expect([discards.total, vi.getTimerCount()]).toEqual([0, 0])
  })

  it('announces updates exactly, whatever number of ids came once before them', () => {
    for (let n = 0; n < 100; n++) {
      receive(`once-${n}`)
      vi.advanceTimersByTime(5)
    }
    vi.advanceTimersByTime(17)
    const { position } = log
    for (let n = 0; n < 30; n++) receive('a', 'b')
    vi.advanceTimersByTime(17)
    expect(log.position).toBe(position + 60)
    expect(flushes.at(-1)?.to).toBe(log.position)
  })

  it('announces nothing where all was refused', () => {
    receive('', '\n')
    vi.advanceTimersByTime(1000)
    expect(discards.total).toBe(2)
    expect(flushes).toEqual([])
  })

  it('keeps its one timer in the registry, as flush', () => {
    receive('a')
    receive('b')
    receive('c')
    expect(registry.getTimeouts()).toEqual(['flush'])
    expect(vi.getTimerCount()).toBe(1)
  })

  it('announces nothing more once the application has shut down', () => {
    receive('a')
    receive('b')
    summarizer.beforeApplicationShutdown()
    receive('c')
    vi.advanceTimersByTime(1000)
    expect(ranges()).toEqual([[0, 1]])
  })

  it.each(['append', 'seal'] as const)('ends the process where the log throws in %s, which the bus would only log', (method) => {
    const error = new Error('broken')
    receive('a')
    vi.advanceTimersByTime(100)
    const broken = vi.spyOn(log, method).mockImplementationOnce(() => {
      throw error
    })
    receive('b', 'c')
    expect(end.mock.calls).toEqual([['score log', error]])
    broken.mockRestore()
  })

  it('ends the process where the log throws in a flush by the timer', () => {
    const error = new Error('broken')
    receive('a')
    receive('b')
    const broken = vi.spyOn(log, 'seal').mockImplementationOnce(() => {
      throw error
    })
    vi.advanceTimersByTime(17)
    expect(end.mock.calls).toEqual([['score log', error]])
    broken.mockRestore()
  })
})
