import { beforeEach, describe, expect, it } from 'vitest'
import { BEAT_MS } from './ipc.js'
import { Watchdog } from './watchdog.js'

const TIMEOUT_CHECKS = 20
const START_CHECKS = 6 * TIMEOUT_CHECKS

describe('a watchdog', () => {
  let hung: [worker: string, silentMs: number][]
  let watchdog: Watchdog<string>

  const check = (times: number) => {
    for (let n = 0; n < times; n++) watchdog.check()
  }

  beforeEach(() => {
    hung = []
    watchdog = new Watchdog(TIMEOUT_CHECKS * BEAT_MS, (worker, silentMs) => hung.push([worker, silentMs]))
    for (const worker of ['one', 'two']) watchdog.add(worker)
    watchdog.listens('one')
  })

  it('finds a worker that has been silent for longer than the timeout, once, and no other', () => {
    watchdog.listens('two')
    check(TIMEOUT_CHECKS)
    watchdog.onMessage('two')
    expect(hung).toEqual([])
    check(1)
    expect(hung).toEqual([['one', (TIMEOUT_CHECKS + 1) * BEAT_MS]])
    check(TIMEOUT_CHECKS - 1)
    expect(hung).toHaveLength(1)
    check(1)
    expect(hung.map(([worker]) => worker)).toEqual(['one', 'two'])
  })

  it('is content with a message within each timeout', () => {
    for (let n = 0; n < 100; n++) {
      check(TIMEOUT_CHECKS)
      watchdog.onMessage('one')
    }
    expect(hung.map(([worker]) => worker)).toEqual(['two'])
  })

  it('gives a worker that does not listen yet six times as long, whatever it sends meanwhile', () => {
    for (let n = 0; n < START_CHECKS; n++) {
      watchdog.check()
      watchdog.onMessage('one')
      watchdog.onMessage('two')
    }
    expect(hung).toEqual([])
    check(1)
    expect(hung).toEqual([['two', (START_CHECKS + 1) * BEAT_MS]])
  })

  it('starts to count when the worker listens', () => {
    check(TIMEOUT_CHECKS)
    watchdog.listens('two')
    watchdog.onMessage('one')
    check(TIMEOUT_CHECKS)
    expect(hung).toEqual([])
    check(1)
    expect(hung).toHaveLength(2)
  })

  it('forgets a worker that has ended', () => {
    watchdog.remove('one')
    watchdog.remove('two')
    watchdog.listens('two')
    watchdog.onMessage('two')
    check(10 * START_CHECKS)
    expect(hung).toEqual([])
  })

  it('of an infinite timeout finds none', () => {
    const off = new Watchdog<string>(Number.POSITIVE_INFINITY, (worker) => hung.push([worker, 0]))
    off.add('one')
    off.listens('one')
    for (let n = 0; n < 10_000; n++) off.check()
    expect(hung).toEqual([])
  })
})
