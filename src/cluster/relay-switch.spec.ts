import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeWorker } from '../../test/support/fakes/fake-worker.js'
import type { RelayValue } from '../common/relay/relay.js'
import { RelaySwitch } from './relay-switch.js'

const ASK = { question: 'cleanup', payload: { namespace: 'eps' } }
const TIMEOUT_MS = 2000

describe('RelaySwitch', () => {
  let relay: RelaySwitch
  let workers: [FakeWorker, FakeWorker, FakeWorker]

  beforeEach(() => {
    vi.useFakeTimers()
    relay = new RelaySwitch()
    workers = [new FakeWorker(), new FakeWorker(), new FakeWorker()]
    for (const worker of workers) relay.add(worker)
  })
  afterEach(() => void vi.useRealTimers())

  const ask = (from: FakeWorker, id: number) => relay.receive(from, { kind: 'ask', id, ...ASK })
  /** Answers the last question, or the one before that. */
  const answer = (from: FakeWorker, value: RelayValue, back = 1) =>
    relay.receive(from, { kind: 'answer', id: from.questions.at(-back)?.id ?? -1, value })

  it('puts a question to all workers, the one that asked included', () => {
    ask(workers[1], 5)
    for (const worker of workers) expect(worker.got).toEqual([{ kind: 'question', id: expect.any(Number), ...ASK }])
  })

  it('gives the answers to the one that asked, under its own number, when all have answered', () => {
    ask(workers[1], 5)
    answer(workers[0], 1)
    answer(workers[1], 20)
    expect(workers[1].replies).toEqual([])
    answer(workers[2], 300)
    expect(workers.map(({ replies }) => replies)).toEqual([[], [{ kind: 'answers', id: 5, values: [1, 20, 300] }], []])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('distinguishes questions, also with the same number from different workers', () => {
    ask(workers[0], 1)
    ask(workers[1], 1)
    for (const worker of workers) answer(worker, 1, 1)
    expect(workers.map(({ replies }) => replies.length)).toEqual([0, 1, 0])
    for (const worker of workers) answer(worker, 10, 2)
    expect(workers[0].replies).toEqual([{ kind: 'answers', id: 1, values: [10, 10, 10] }])
    expect(workers[1].replies).toEqual([{ kind: 'answers', id: 1, values: [1, 1, 1] }])
  })

  it('passes documents on, and leaves out workers without one', () => {
    ask(workers[0], 1)
    answer(workers[0], { a: 'text' })
    answer(workers[1], null)
    answer(workers[2], { a: 'other' })
    expect(workers[0].replies).toMatchObject([{ values: [{ a: 'text' }, { a: 'other' }] }])
  })

  it('counts a worker once, however often it answers', () => {
    ask(workers[0], 1)
    answer(workers[1], 10)
    answer(workers[1], 10)
    expect(workers[0].replies).toEqual([])
    answer(workers[0], 1)
    answer(workers[2], 1)
    expect(workers[0].replies).toMatchObject([{ values: [10, 1, 1] }])
  })

  describe('a worker that dies while others wait', () => {
    it('is left out, and not waited for', () => {
      ask(workers[0], 1)
      answer(workers[0], 1)
      answer(workers[1], 10)
      relay.remove(workers[2])
      expect(workers[0].replies).toEqual([{ kind: 'answers', id: 1, values: [1, 10] }])
    })

    it('keeps the answers that it gave before', () => {
      ask(workers[0], 1)
      answer(workers[2], 100)
      relay.remove(workers[2])
      answer(workers[0], 1)
      answer(workers[1], 10)
      expect(workers[0].replies).toMatchObject([{ values: [100, 1, 10] }])
    })

    it('gets no reply itself', () => {
      ask(workers[0], 1)
      relay.remove(workers[0])
      answer(workers[1], 10)
      answer(workers[2], 100)
      expect(workers[0].replies).toEqual([])
      expect(vi.getTimerCount()).toBe(0)
    })

    it('is asked nothing any more', () => {
      relay.remove(workers[2])
      ask(workers[0], 1)
      answer(workers[0], 1)
      answer(workers[1], 10)
      expect(workers[2].got).toEqual([])
      expect(workers[0].replies).toMatchObject([{ values: [1, 10] }])
    })
  })

  describe('a worker that does not answer', () => {
    it('is left out once it has had its time', () => {
      ask(workers[0], 1)
      answer(workers[0], 1)
      answer(workers[1], 10)
      vi.advanceTimersByTime(TIMEOUT_MS - 1)
      expect(workers[0].replies).toEqual([])
      vi.advanceTimersByTime(1)
      expect(workers[0].replies).toEqual([{ kind: 'answers', id: 1, values: [1, 10] }])
    })

    it('changes nothing when it answers, or dies, after that', () => {
      ask(workers[0], 1)
      vi.advanceTimersByTime(TIMEOUT_MS)
      answer(workers[2], 100)
      relay.remove(workers[1])
      expect(workers[0].replies).toMatchObject([{ values: [] }])
    })
  })

  it.each(['stop', null, { cmd: 'NODE_CLUSTER' }, { kind: 'answer', id: 99, value: 1 }, { kind: 'answers', id: 1, values: [1] }])(
    'takes no notice of %j',
    (message) => {
      relay.receive(workers[0], message)
      for (const { got } of workers) expect(got).toEqual([])
    },
  )
})
