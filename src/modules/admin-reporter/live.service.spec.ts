import { EventEmitter } from 'node:events'
import { SchedulerRegistry } from '@nestjs/schedule'
import { describe, expect, it, vi } from 'vitest'
import { configOf } from '../../../test/support/fakes/config-of.js'
import { fakePositions } from '../../../test/support/fakes/fake-positions.js'
import { FakeStats } from '../../../test/support/fakes/fake-stats.js'
import { nodeCounters } from '../../../test/support/node-counters.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { NodeState } from '../../common/stats/node-stats.js'
import { LiveService, MAX_MISSED, Watchers } from './live.service.js'

/** A response over a client that reads nothing while `isStalled`. */
class FakeResponse extends EventEmitter {
  readonly received: string[] = []
  writableLength = 0
  isStalled = false
  readonly end = vi.fn(() => this)
  readonly destroy = vi.fn(() => {
    this.emit('close')
    return this
  })

  write(bytes: Uint8Array): boolean {
    if (this.isStalled) this.writableLength += bytes.length
    else this.received.push(Buffer.from(bytes).toString())
    return !this.isStalled
  }
}

const report = (n: number) => Buffer.from(`report ${n}`)

function watched(count: number, capacity = 20) {
  const onEmpty = vi.fn()
  const watchers = new Watchers(capacity, onEmpty)
  const responses = Array.from({ length: count }, () => new FakeResponse())
  for (const response of responses) watchers.add(response)
  return { watchers, responses, onEmpty }
}

describe('Watchers', () => {
  it('sends each report to all', () => {
    const { watchers, responses } = watched(2)
    watchers.send(report(1))
    watchers.send(report(2))
    expect(responses.map(({ received }) => received)).toEqual([
      ['report 1', 'report 2'],
      ['report 1', 'report 2'],
    ])
  })

  it('lets at most one report wait for a watcher, and continues with the newest', () => {
    const { watchers, responses } = watched(1)
    const [response = new FakeResponse()] = responses
    response.isStalled = true
    for (let n = 1; n <= 5; n++) watchers.send(report(n))
    expect(response.writableLength).toBe(report(1).length)

    response.isStalled = false
    response.writableLength = 0
    watchers.send(report(6))
    expect(response.received).toEqual(['report 6'])
  })

  it('cuts a watcher that has missed too many in a row, and no other', () => {
    const { watchers, responses, onEmpty } = watched(2)
    const [slow = new FakeResponse(), quick = new FakeResponse()] = responses
    slow.isStalled = true
    for (let n = 0; n <= MAX_MISSED; n++) watchers.send(report(n))
    expect(slow.destroy).not.toHaveBeenCalled()
    watchers.send(report(99))
    expect(slow.destroy).toHaveBeenCalledOnce()
    expect(watchers.size).toBe(1)
    expect(quick.received).toHaveLength(MAX_MISSED + 2)
    expect(onEmpty).not.toHaveBeenCalled()
  })

  it('forgets a watcher that it cuts, also if no event says that it is closed', () => {
    const { watchers, responses, onEmpty } = watched(1)
    const [queued = new FakeResponse()] = responses
    queued.isStalled = true
    queued.destroy.mockReturnValue(queued)
    for (let n = 0; n <= MAX_MISSED + 1; n++) watchers.send(report(n))
    expect(watchers.size).toBe(0)
    expect(onEmpty).toHaveBeenCalledOnce()
  })

  it('forgets each watcher that leaves, once, and announces when none is left', () => {
    const { watchers, responses, onEmpty } = watched(2)
    responses[0]?.emit('error', new Error('EPIPE'))
    responses[0]?.emit('close')
    expect([watchers.size, onEmpty.mock.calls.length]).toEqual([1, 0])
    responses[1]?.emit('close')
    expect([watchers.size, onEmpty.mock.calls.length]).toEqual([0, 1])
  })

  it('has a bound', () => {
    const { watchers, responses } = watched(3, 3)
    expect(watchers.isFull).toBe(true)
    responses[1]?.emit('close')
    expect(watchers.isFull).toBe(false)
  })

  it('ends all in an orderly way', () => {
    const { watchers, responses } = watched(2)
    watchers.end()
    for (const { end, destroy } of responses) {
      expect(end).toHaveBeenCalledOnce()
      expect(destroy).not.toHaveBeenCalled()
    }
  })
})

describe('LiveService', () => {
  it('says that the node stops, where it does, and not that too many pages watch', () => {
    const stats = new FakeStats()
    const counters = nodeCounters(new EventBus(() => undefined), { stats })
    const live = new LiveService(configOf(), stats, counters, new NodeState(), fakePositions(), new SchedulerRegistry())
    expect(live.obstacle).toBeNull()
    live.beforeApplicationShutdown()
    expect(live.obstacle).toBe('this node is stopping: watch another one')
  })
})
