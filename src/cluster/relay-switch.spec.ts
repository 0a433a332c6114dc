import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { RelayMessage, RelayValue } from '../common/relay/relay-message.js'
import { RelaySwitch } from './relay-switch.js'

const ASK = { question: 'cleanup', payload: { namespace: 'eps' } }
const TIMEOUT_MS = 2000

/** A worker that answers when the test says so. */
class FakeWorker {
  readonly got: RelayMessage[] = []

  post(message: RelayMessage): void {
    this.got.push(message)
  }

  /** The questions put to it. */
  get questions() {
    return this.got.flatMap((message) => (message.kind === 'question' ? [message] : []))
  }

  get replies() {
    return this.got.filter(({ kind }) => kind === 'answers')
  }
}

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

  it('tells questions apart, also those of the same number from different workers', () => {
    ask(workers[0], 1)
    ask(workers[1], 1)
    for (const worker of workers) answer(worker, 1, 1)
    expect(workers.map(({ replies }) => replies.length)).toEqual([0, 1, 0])
    for (const worker of workers) answer(worker, 10, 2)
    expect(workers[0].replies).toEqual([{ kind: 'answers', id: 1, values: [10, 10, 10] }])
    expect(workers[1].replies).toEqual([{ kind: 'answers', id: 1, values: [1, 1, 1] }])
  })

  it('passes documents on, and leaves out who has none', () => {
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

    it('leaves what it has answered before', () => {
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

  describe('what the workers count', () => {
    const tell = (from: FakeWorker, counts: Record<string, number>) => relay.receive(from, { kind: 'counts', counts })
    const heard = () => workers.map(({ got }) => got.splice(0).map((message) => ('counts' in message ? message.counts : message)))

    beforeEach(() => {
      for (const worker of workers) tell(worker, {})
      heard()
    })

    it('is told to the others, as the sum of all but the one that hears it', () => {
      tell(workers[0], { streams: 1, a: 1 })
      expect(heard()).toEqual([[], [{ streams: 1, a: 1 }], [{ streams: 1, a: 1 }]])
      tell(workers[1], { streams: 10 })
      expect(heard()).toEqual([[{ streams: 10 }], [], [{ streams: 11 }]])
      tell(workers[0], { streams: 3, a: 0 })
      expect(heard()).toEqual([[], [{ streams: 3, a: 0 }], [{ streams: 13, a: 0 }]])
    })

    it('is told in whole to a worker that has just begun, and nothing before', () => {
      const late = new FakeWorker()
      relay.add(late)
      tell(workers[0], { streams: 1, a: 2 })
      expect(late.got).toEqual([])
      tell(late, {})
      expect(late.got).toEqual([{ kind: 'others', counts: { streams: 1, a: 2 } }])
    })

    it('is less by those of a worker that has gone', () => {
      tell(workers[0], { streams: 1, a: 1 })
      tell(workers[1], { streams: 10 })
      heard()
      relay.remove(workers[0])
      expect(heard()).toEqual([[], [{ streams: 0, a: 0 }], [{ streams: 10, a: 0 }]])
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
