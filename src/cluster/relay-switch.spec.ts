import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeWorker } from '../../test/support/fakes/fake-worker.js'
import { MAX_DOCUMENT_LENGTH, type RelayValue } from '../common/relay/relay.js'
import { MAX_HELD_LENGTH, MAX_ROUNDS, RelaySwitch } from './relay-switch.js'

const ASK = { question: 'cleanup', payload: { namespace: 'eps' } }
const TIMEOUT_MS = 2000

describe('RelaySwitch', () => {
  let relay: RelaySwitch<FakeWorker>
  let lost: FakeWorker[]
  let workers: [FakeWorker, FakeWorker, FakeWorker]

  beforeEach(() => {
    vi.useFakeTimers()
    lost = []
    relay = new RelaySwitch((worker) => lost.push(worker))
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

  it('leaves out a worker that does not read its messages, and asks it again when it does', () => {
    workers[2].isBusy = true
    ask(workers[0], 1)
    answer(workers[0], 1)
    answer(workers[1], 10)
    expect(workers[0].replies).toEqual([{ kind: 'answers', id: 1, values: [1, 10] }])
    expect(workers[2].got).toEqual([])
    workers[2].isBusy = false
    ask(workers[0], 2)
    expect(workers[2].questions).toHaveLength(1)
  })

  it('refuses a question of a worker of which too many wait, for that worker alone, until one is answered', () => {
    for (let id = 1; id <= MAX_ROUNDS; id++) ask(workers[0], id)
    ask(workers[0], MAX_ROUNDS + 1)
    expect(workers[0].replies).toEqual([{ kind: 'answers', id: MAX_ROUNDS + 1, values: [] }])
    expect(workers[1].questions).toHaveLength(MAX_ROUNDS)
    ask(workers[1], 1)
    expect(workers[1].questions).toHaveLength(MAX_ROUNDS + 1)
    vi.advanceTimersByTime(TIMEOUT_MS)
    ask(workers[0], MAX_ROUNDS + 2)
    expect(workers[1].questions).toHaveLength(MAX_ROUNDS + 2)
  })

  it('holds answers up to a bound, and has room again once they are passed on', () => {
    const document = { a: 'x'.repeat(MAX_DOCUMENT_LENGTH - 1) }
    const fit = MAX_HELD_LENGTH / MAX_DOCUMENT_LENGTH
    for (let id = 1; id <= fit + 1; id++) ask(workers[0], id)
    for (const { id } of [...workers[1].questions]) relay.receive(workers[1], { kind: 'answer', id, value: document })
    vi.advanceTimersByTime(TIMEOUT_MS)
    const held = workers[0].replies.flatMap((message) => (message.kind === 'answers' ? [message.values.length] : []))
    expect(held).toEqual([...Array.from({ length: fit }, () => 1), 0])
    ask(workers[0], fit + 2)
    for (const worker of workers) answer(worker, document)
    expect(workers[0].replies.at(-1)).toMatchObject({ values: { length: 3 } })
  })

  it.each(['stop', null, { cmd: 'NODE_CLUSTER' }, { kind: 'answer', id: 99, value: 1 }, { kind: 'answers', id: 1, values: [1] }])(
    'takes no notice of %j',
    (message) => {
      relay.receive(workers[0], message)
      for (const { got } of workers) expect(got).toEqual([])
    },
  )
})
