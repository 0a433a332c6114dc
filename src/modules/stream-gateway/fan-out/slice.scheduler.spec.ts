import { Socket } from 'node:net'
import { HttpAdapterHost } from '@nestjs/core'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { SLICE, SliceScheduler } from './slice.scheduler.js'

function* task(calls: string[], names: readonly string[]): Generator<void, void> {
  for (const [i, name] of names.entries()) {
    if (i > 0) yield
    calls.push(name)
  }
}

describe('SliceScheduler', () => {
  const commit = vi.fn()
  const end = vi.fn<(task: string, error: unknown) => void>()
  let slices: SliceScheduler
  let calls: string[]

  beforeEach(() => {
    vi.useFakeTimers()
    vi.clearAllMocks()
    slices = new SliceScheduler({ commit }, { end }, new HttpAdapterHost())
    calls = []
  })
  afterEach(() => void vi.useRealTimers())

  describe('a task', () => {
    it('without a yield is done at once', () => {
      slices.run('a task', task(calls, ['a']))
      expect(calls).toEqual(['a'])
      expect(vi.getTimerCount()).toBe(0)
    })

    it('with nothing to do is over at once', () => {
      slices.run('a task', task(calls, []))
      expect(vi.getTimerCount()).toBe(0)
    })

    it('does each further slice in a turn of its own, and each once', () => {
      slices.run('a task', task(calls, ['a', 'b', 'c']))
      expect(calls).toEqual(['a'])
      vi.advanceTimersToNextTimer()
      expect(calls).toEqual(['a', 'b'])
      vi.advanceTimersToNextTimer()
      expect(calls).toEqual(['a', 'b', 'c'])
      vi.runAllTimers()
      expect(calls).toEqual(['a', 'b', 'c'])
    })

    it('lets others run between its slices', () => {
      slices.run('one', task(calls, ['a', 'b', 'e']))
      setImmediate(() => calls.push('other'))
      slices.run('two', task(calls, ['c', 'd', 'f']))
      vi.runAllTimers()
      expect(calls).toEqual(['a', 'c', 'b', 'd', 'other', 'e', 'f'])
    })

    it('of one turn that throws ends the process, by its name', () => {
      const error = new Error('broken')
      slices.guard('the task', () => {
        throw error
      })
      expect(end.mock.calls).toEqual([['the task', error]])
    })

    it.each([1, 2, 3])('that throws in slice %i ends the process, by its name, and does not go on', (slice) => {
      const error = new Error('broken')
      slices.run(
        'the task',
        (function* () {
          for (let at = 1; at <= 3; at++) {
            calls.push(String(at))
            if (at === slice) throw error
            yield
          }
        })(),
      )
      vi.runAllTimers()
      expect(end.mock.calls).toEqual([['the task', error]])
      expect(calls).toHaveLength(slice)
    })
  })

  describe('a slice', () => {
    it('ends with a commit when it is spent, and the next begins', () => {
      const budget = slices.budget()
      expect(budget.left).toBe(SLICE)
      expect(budget.spend(SLICE - 1)).toBe(false)
      expect(commit).not.toHaveBeenCalled()
      expect(budget.spend(1)).toBe(true)
      expect(commit).toHaveBeenCalledOnce()
      expect(budget.left).toBe(SLICE)
    })

    it('may cost more than it has left', () => {
      const budget = slices.budget()
      budget.spend(SLICE - 1)
      expect(budget.spend(17)).toBe(true)
      expect(budget.left).toBe(SLICE)
    })

    it('is committed also before it is spent', () => {
      slices.commit()
      expect(commit).toHaveBeenCalledOnce()
    })
  })

  describe('new connections', () => {
    /** The turns, of 1 ms each, in which a long task ran a slice, where connections came in front of some. */
    function turnsWithSlice(turns: number, isConnecting: (turn: number) => boolean): readonly number[] {
      const now = vi.spyOn(performance, 'now')
      const ran: number[] = []
      let turn = -1
      slices.run(
        'a long task',
        (function* () {
          for (;;) {
            yield
            ran.push(turn)
          }
        })(),
      )
      while (++turn < turns) {
        now.mockReturnValue(1000 + turn)
        if (isConnecting(turn)) slices.noteConnection()
        vi.advanceTimersToNextTimer()
      }
      now.mockRestore()
      return ran
    }

    it('do not go first while none comes', () => {
      expect(turnsWithSlice(3, () => false)).toEqual([0, 1, 2])
    })

    it('go first in the turn after one came, once for each turn in which one did', () => {
      expect(turnsWithSlice(4, (turn) => turn === 1)).toEqual([0, 2, 3])
    })

    it('count once in a turn, however many they are', () => {
      slices.run('a task', task(calls, ['a', 'b', 'c']))
      vi.advanceTimersToNextTimer()
      slices.noteConnection()
      slices.noteConnection()
      vi.advanceTimersToNextTimer()
      expect(calls).toEqual(['a', 'b'])
      vi.advanceTimersToNextTimer()
      expect(calls).toEqual(['a', 'b', 'c'])
    })

    it('do not hold a task up for longer than 10 ms, however many they are', () => {
      expect(turnsWithSlice(21, () => true)).toEqual([0, 10, 20])
    })

    it('go before the slices of all tasks', () => {
      slices.run('one', task(calls, ['a', 'b', 'c']))
      slices.run('two', task(calls, ['A', 'B', 'C']))
      vi.advanceTimersByTime(1)
      calls.length = 0
      slices.run('one', task(calls, ['a', 'b']))
      slices.run('two', task(calls, ['A', 'B']))
      slices.noteConnection()
      vi.advanceTimersToNextTimer()
      expect(calls).toEqual(['a', 'A'])
      vi.runAllTimers()
      expect(calls).toEqual(['a', 'A', 'b', 'B'])
    })

    it('are noted by the server itself', () => {
      const host = new HttpAdapterHost()
      host.httpAdapter = new FastifyAdapter()
      const served = new SliceScheduler({ commit }, { end }, host)
      served.onModuleInit()
      served.run('a task', task(calls, ['a', 'b', 'c']))
      vi.advanceTimersToNextTimer()
      host.httpAdapter.getHttpServer().emit('connection', new Socket())
      vi.advanceTimersToNextTimer()
      expect(calls).toEqual(['a', 'b'])
    })
  })
})
