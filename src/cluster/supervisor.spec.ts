import type { Worker } from 'node:cluster'
import { EventEmitter } from 'node:events'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Supervisor } from './supervisor.js'

const STOP_MS = 6000
const SILENCE_MS = 20_000
/** The longest delay of a restart. */
const RESTART_MS = 10_000

/** A worker of node:cluster whose process does what the test says. */
class FakeWorker extends EventEmitter {
  readonly sent: unknown[] = []
  readonly kills: unknown[] = []
  readonly process
  readonly send = (message: unknown) => this.sent.push(message)

  constructor(
    readonly number: string | undefined,
    pid: number | undefined,
  ) {
    super()
    this.process = { pid, connected: true, send: () => true, kill: (signal: unknown) => this.kills.push(signal) }
  }

  /** Its process ends. */
  exit(code: number | null, signal: string | null = null): void {
    this.emit('disconnect')
    this.emit('exit', code, signal)
  }
}

describe('a supervisor', () => {
  let workers: FakeWorker[]
  let lines: Record<string, unknown>[]
  let ends: number[]
  let faults: unknown[]
  let supervisor: Supervisor

  beforeEach(() => {
    vi.useFakeTimers()
    workers = []
    lines = []
    ends = []
    faults = []
    supervisor = new Supervisor({
      workers: 2,
      stopMs: STOP_MS,
      silenceMs: SILENCE_MS,
      logger: pino({ level: 'warn' }, { write: (line: string) => void lines.push(JSON.parse(line)) }),
      onEnd: (exitCode) => ends.push(exitCode),
      fork: (environment) => {
        const fault = faults.shift()
        if (fault instanceof Error) throw fault
        const worker = new FakeWorker(environment['EMOJITRACK_WORKER'], fault === 'no process' ? undefined : 1)
        workers.push(worker)
        if (fault === 'no process') queueMicrotask(() => worker.emit('error', new Error('spawn node EMFILE')))
        // The fake has the members that the supervisor uses.
        return worker as unknown as Worker
      },
    })
  })
  afterEach(() => {
    vi.clearAllTimers()
    vi.useRealTimers()
  })

  const worker = (index: number) => workers[index] ?? expect.fail(`worker ${index} was not forked`)
  const numbers = () => workers.map(({ number }) => number)

  /** Starts both workers, which listen. */
  const start = () => {
    supervisor.start()
    for (const each of workers) each.emit('listening')
  }

  describe('of a worker that hangs', () => {
    it('kills it after the silence, and starts another under its number', () => {
      start()
      const beating = setInterval(() => worker(1).emit('message', 'beat'), 1000)
      vi.advanceTimersByTime(SILENCE_MS)
      expect(worker(0).kills).toEqual([])
      vi.advanceTimersByTime(1000)
      expect([worker(0).kills, worker(1).kills]).toEqual([['SIGKILL'], []])
      expect(lines).toMatchObject([
        { msg: 'worker hangs, killing it', worker: 1, silentMs: SILENCE_MS + 1000, hangs: 1, isListening: true },
      ])
      worker(0).exit(null, 'SIGKILL')
      vi.advanceTimersByTime(RESTART_MS)
      expect(numbers()).toEqual(['1', '2', '1'])
      expect(lines[1]).toMatchObject({ msg: 'worker exited unexpectedly, restarting', worker: 1, signal: 'SIGKILL' })
      clearInterval(beating)
    })

    it('kills one that starts and never listens', () => {
      supervisor.start()
      worker(0).emit('listening')
      const beating = setInterval(() => worker(0).emit('message', 'beat'), 1000)
      vi.advanceTimersByTime(6 * SILENCE_MS + 1000)
      expect([worker(0).kills, worker(1).kills]).toEqual([[], ['SIGKILL']])
      worker(1).exit(null, 'SIGKILL')
      vi.advanceTimersByTime(RESTART_MS)
      expect(numbers()).toEqual(['1', '2', '2'])
      clearInterval(beating)
    })
  })

  describe.each([
    ['throws', new Error('spawn ENOMEM')],
    ['reports an error and no exit', 'no process'],
  ])('whose fork %s', (_how, fault) => {
    it('tries again, also if no worker has listened yet', async () => {
      faults.push(fault, fault)
      supervisor.start()
      await vi.advanceTimersByTimeAsync(0)
      expect(lines).toMatchObject(
        ['1', '2'].map((number) => ({
          msg: 'a worker could not be started, trying again',
          worker: Number(number),
          delayMs: expect.any(Number),
        })),
      )
      faults.push(fault)
      await vi.advanceTimersByTimeAsync(RESTART_MS)
      const running = workers.filter(({ process }) => process.pid !== undefined)
      expect(running.map(({ number }) => number).sort()).toEqual(['1', '2'])
      expect(ends).toEqual([])
    })

    it('ends when the others have, if it is stopped meanwhile', async () => {
      start()
      worker(0).exit(1)
      faults.push(fault)
      await vi.advanceTimersByTimeAsync(RESTART_MS / 100)
      supervisor.stop(0)
      worker(1).exit(0)
      await vi.advanceTimersByTimeAsync(RESTART_MS)
      expect(ends).toEqual([0])
    })
  })

  describe('that stops', () => {
    it('ends with 0 once all workers have', () => {
      start()
      supervisor.stop(0)
      expect(workers.map(({ sent }) => sent)).toEqual([['stop'], ['stop']])
      worker(0).exit(0)
      expect(ends).toEqual([])
      worker(1).exit(0)
      expect(ends).toEqual([0])
    })

    it('ends with 124 if it has to kill a worker that does not end in time', () => {
      start()
      supervisor.stop(0)
      worker(0).exit(0)
      vi.advanceTimersByTime(STOP_MS)
      expect(worker(1).kills).toEqual(['SIGKILL'])
      worker(1).exit(null, 'SIGKILL')
      expect(ends).toEqual([124])
      expect(lines).toMatchObject([{ msg: 'workers did not stop in time, killing them', workers: [2], timeoutMs: STOP_MS }])
    })

    it.each([124, 70])('ends with the code of a worker that has not stopped in order, %i', (code) => {
      start()
      supervisor.stop(0)
      worker(0).exit(code)
      worker(1).exit(0)
      expect(ends).toEqual([code])
    })

    it('is not blamed for a worker that somebody else kills', () => {
      start()
      supervisor.stop(0)
      worker(0).exit(null, 'SIGKILL')
      worker(1).exit(0)
      expect(ends).toEqual([0])
    })
  })

  it('gives up when a worker ends before any has listened', () => {
    supervisor.start()
    worker(0).exit(3)
    expect(worker(1).kills).toEqual(['SIGKILL'])
    worker(1).exit(null, 'SIGKILL')
    expect(ends).toEqual([3])
  })
})
