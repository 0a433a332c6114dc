import { beforeEach, describe, expect, it } from 'vitest'
import { FakeWorker } from '../../test/support/fakes/fake-worker.js'
import { RelaySwitch, WorkerCounts } from './relay-switch.js'

const MAX_KEYS_BEHIND = 10

describe('the counts of the workers', () => {
  let relay: RelaySwitch<FakeWorker>
  let lost: FakeWorker[]
  let workers: [FakeWorker, FakeWorker, FakeWorker]

  const tell = (from: FakeWorker, counts: Record<string, number>) => relay.receive(from, { kind: 'counts', counts })
  const heard = () =>
    workers.map(({ got }) => got.splice(0).flatMap((message) => (message.kind === 'others' ? [[message.counts, message.own]] : [])))

  beforeEach(() => {
    lost = []
    relay = new RelaySwitch((worker) => lost.push(worker), MAX_KEYS_BEHIND)
    workers = [new FakeWorker(), new FakeWorker(), new FakeWorker()]
    for (const worker of workers) relay.add(worker)
    for (const worker of workers) tell(worker, {})
    heard()
  })

  it('are sent to all, to each as the sum of the others and as its own', () => {
    tell(workers[0], { streams: 1, a: 1 })
    const others = [
      { streams: 1, a: 1 },
      { streams: 0, a: 0 },
    ]
    expect(heard()).toEqual([
      [
        [
          { streams: 0, a: 0 },
          { streams: 1, a: 1 },
        ],
      ],
      [others],
      [others],
    ])
    tell(workers[1], { streams: 10 })
    expect(heard()).toEqual([[[{ streams: 10 }, { streams: 1 }]], [[{ streams: 1 }, { streams: 10 }]], [[{ streams: 11 }, { streams: 0 }]]])
    tell(workers[0], { streams: 3, a: 0 })
    expect(heard()[2]).toEqual([
      [
        { streams: 13, a: 0 },
        { streams: 0, a: 0 },
      ],
    ])
  })

  it('are sent in full to a worker that has just started, and not before', () => {
    const late = new FakeWorker()
    relay.add(late)
    tell(workers[0], { streams: 1, a: 2 })
    expect(late.got).toEqual([])
    tell(late, {})
    expect(late.got).toEqual([{ kind: 'others', counts: { streams: 1, a: 2 }, own: { streams: 0, a: 0 } }])
  })

  it('leave out counts that arrive after the exit of their worker', () => {
    relay.remove(workers[0])
    heard()
    tell(workers[0], { streams: 5 })
    tell(workers[1], { streams: 10 })
    expect(heard()[2]).toEqual([[{ streams: 10 }, { streams: 0 }]])
  })

  it('reach a worker that does not read its messages in one message, when it reads again, with the latest of each key', () => {
    workers[2].isBusy = true
    tell(workers[0], { streams: 1, a: 1 })
    tell(workers[1], { streams: 10 })
    tell(workers[0], { streams: 3, a: 0 })
    expect(heard()[2]).toEqual([])
    workers[2].isBusy = false
    relay.catchUp(workers[2])
    relay.catchUp(workers[2])
    expect(heard()[2]).toEqual([
      [
        { streams: 13, a: 0 },
        { streams: 0, a: 0 },
      ],
    ])
    expect(lost).toEqual([])
  })

  it('are not kept without end for a worker that reads nothing: it is lost', () => {
    workers[2].isBusy = true
    const many = (from: number, to: number) =>
      Object.fromEntries(Array.from({ length: to - from }, (_, index) => [`key ${from + index}`, 1] as const))
    tell(workers[0], many(0, MAX_KEYS_BEHIND))
    expect(lost).toEqual([])
    tell(workers[0], many(MAX_KEYS_BEHIND, MAX_KEYS_BEHIND + 1))
    expect(lost).toEqual([workers[2]])
  })

  it('no longer include the counts of a worker that has ended', () => {
    tell(workers[0], { streams: 1, a: 1 })
    tell(workers[1], { streams: 10 })
    heard()
    relay.remove(workers[0])
    expect(heard()).toEqual([
      [],
      [
        [
          { streams: 0, a: 0 },
          { streams: 10, a: 0 },
        ],
      ],
      [
        [
          { streams: 10, a: 0 },
          { streams: 0, a: 0 },
        ],
      ],
    ])
  })
})

it('forgets a key when nobody has it', () => {
  const board = new WorkerCounts<string>()
  board.set('one', { a: 1, b: 2 })
  board.set('two', { a: 4 })
  expect(board.others('two', board.keys())).toEqual({ a: 1, b: 2 })
  board.set('one', { a: 0, b: 0 })
  expect(board.others('one', board.keys())).toEqual({ a: 4 })
  expect(board.remove('two')).toEqual(['a'])
  expect(board.others('one', board.keys())).toEqual({})
})
