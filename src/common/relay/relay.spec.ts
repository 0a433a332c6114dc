import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { RelayMessage } from './relay.js'
import { MAX_DOCUMENT_LENGTH, MAX_WAITING, PRIMARY_TIMEOUT_MS, Relay, type RelayLink } from './relay.js'

const EPS = { namespace: 'eps' }

describe('a relay without workers', () => {
  it('asks only itself', async () => {
    const relay = new Relay()
    relay.on('cleanup', ({ namespace }) => namespace?.length ?? 0)
    expect(await relay.sum('cleanup', EPS)).toBe(3)
    expect(await relay.sum('cleanup', {})).toBe(0)
  })

  it('has no answers to an unknown question', async () => {
    expect(await new Relay().sum('unheard', EPS)).toBe(0)
    expect(await new Relay().gather('unheard', EPS)).toEqual([])
  })

  it('gathers its own document, also a slow one, and rejects if that fails', async () => {
    const relay = new Relay()
    relay.on('metrics', async () => ({ a: 'text' }))
    expect(await relay.gather('metrics', {})).toEqual([{ a: 'text' }])
    relay.on('broken', () => Promise.reject(new Error('no metrics')))
    await expect(relay.gather('broken', {})).rejects.toThrow('no metrics')
  })

  it('has one answer to a question', () => {
    const relay = new Relay()
    relay.on('cleanup', () => 1)
    expect(() => relay.on('cleanup', () => 2)).toThrow(expect.objectContaining({ code: 'ERR_RELAY_QUESTION' }))
  })
})

describe('a relay of a worker', () => {
  let posted: Extract<RelayMessage, { id: number }>[]
  let told: RelayMessage[]
  let failed: string[]
  let receive: (message: unknown) => void
  let isOpen: boolean
  let isBusy: boolean
  let close: () => void
  let relay: Relay

  beforeEach(() => {
    posted = []
    told = []
    failed = []
    isOpen = true
    isBusy = false
    const channel: RelayLink = {
      post: (message) => void ('id' in message ? posted.push(message) : told.push(message)),
      onMessage: (handler) => {
        receive = handler
      },
      get isOpen() {
        return isOpen
      },
      get isBusy() {
        return isBusy
      },
      onClose: (handler) => {
        close = handler
      },
    }
    relay = new Relay(channel, (question, error) => failed.push(`${question}: ${error}`))
  })

  it('asks its primary, and does not answer by itself', async () => {
    relay.on('cleanup', () => 99)
    const sum = relay.sum('cleanup', EPS)
    expect(posted).toEqual([{ kind: 'ask', id: 1, question: 'cleanup', payload: EPS }])
    receive({ kind: 'answers', id: 1, values: [3, null, 4] })
    expect(await sum).toBe(7)
  })

  it('distinguishes the sums of several questions, in any order', async () => {
    const sums = [relay.sum('cleanup', EPS), relay.sum('cleanup', {}), relay.sum('other', {})]
    expect(new Set(posted.map(({ id }) => id)).size).toBe(3)
    for (const { id } of [...posted].reverse()) receive({ kind: 'answers', id, values: [id * 10] })
    expect(await Promise.all(sums)).toEqual(posted.map(({ id }) => id * 10))
  })

  describe('without a reply of its primary', () => {
    beforeEach(() => void vi.useFakeTimers())
    afterEach(() => void vi.useRealTimers())

    it('gets no part of any worker after a bounded time, and ignores a later reply', async () => {
      const documents = relay.gather('metrics', {})
      vi.advanceTimersByTime(PRIMARY_TIMEOUT_MS)
      expect(await documents).toEqual([])
      receive({ kind: 'answers', id: 1, values: [{ a: '1' }] })
      const sum = relay.sum('cleanup', EPS)
      receive({ kind: 'answers', id: 2, values: [5] })
      expect(await sum).toBe(5)
      expect(vi.getTimerCount()).toBe(0)
    })
  })

  it('answers for itself once its primary has ended, and waits for no reply of it', async () => {
    relay.on('cleanup', ({ namespace }) => namespace?.length ?? 0)
    const before = relay.sum('cleanup', EPS)
    isOpen = false
    close()
    expect(await before).toBe(0)
    posted = []
    expect(await relay.sum('cleanup', EPS)).toBe(3)
    expect(posted).toEqual([])
  })

  it('asks nothing while its primary reads nothing: no worker has a part', async () => {
    isBusy = true
    expect(await relay.gather('metrics', {})).toEqual([])
    expect([posted, relay.isBusy]).toEqual([[], true])
    isOpen = false
    expect(relay.isBusy).toBe(false)
  })

  it('has a bound on the questions that wait; a further one gets no part of any worker', async () => {
    const sums = Array.from({ length: MAX_WAITING }, () => relay.sum('cleanup', EPS))
    expect(await relay.sum('cleanup', EPS)).toBe(0)
    expect(posted).toHaveLength(MAX_WAITING)
    for (const { id } of posted) receive({ kind: 'answers', id, values: [1] })
    expect(new Set(await Promise.all(sums))).toEqual(new Set([1]))
    const sum = relay.sum('cleanup', EPS)
    receive({ kind: 'answers', id: posted.at(-1)?.id, values: [2] })
    expect(await sum).toBe(2)
  })

  it('gathers documents', async () => {
    const documents = relay.gather('metrics', {})
    receive({ kind: 'answers', id: 1, values: [{ a: '1' }, 7, null, { a: '2' }] })
    expect(await documents).toEqual([{ a: '1' }, { a: '2' }])
  })

  it('answers its part of a question, under the number of the question', async () => {
    relay.on('cleanup', ({ namespace }) => namespace?.length ?? 0)
    receive({ kind: 'question', id: 42, question: 'cleanup', payload: EPS })
    receive({ kind: 'question', id: 43, question: 'unheard', payload: EPS })
    await vi.waitFor(() =>
      expect(posted).toEqual([
        { kind: 'answer', id: 42, value: 3 },
        { kind: 'answer', id: 43, value: null },
      ]),
    )
  })

  it('has no part in a question that it fails to answer, nor if its document is too long', async () => {
    const text = (length: number) => ({ a: 'x'.repeat(length - 1) })
    relay.on('failing', () => Promise.reject(new Error('broken')))
    relay.on('longest', () => text(MAX_DOCUMENT_LENGTH))
    relay.on('too long', () => text(MAX_DOCUMENT_LENGTH + 1))
    for (const [id, question] of ['failing', 'longest', 'too long'].entries()) receive({ kind: 'question', id, question, payload: {} })
    await vi.waitFor(() => expect(posted).toHaveLength(3))
    const parts = new Map(posted.map((message) => [message.id, message.kind === 'answer' ? message.value : undefined]))
    expect([parts.get(0), parts.get(2)]).toEqual([null, null])
    expect(failed).toEqual(['failing: Error: broken'])
    expect(parts.get(1)).toEqual(text(MAX_DOCUMENT_LENGTH))
  })

  // Plain JavaScript may pass any value.
  it('rejects a malformed question, which its primary would ignore', async () => {
    await expect(relay.sum('cleanup', { id: 5 } as never)).rejects.toThrow('its payload must be an object of strings')
    expect(posted).toEqual([])
  })

  it('has no part if its answer is neither a number nor texts, and reports that', async () => {
    relay.on('yes', () => true as never)
    receive({ kind: 'question', id: 1, question: 'yes', payload: {} })
    await vi.waitFor(() => expect(posted).toEqual([{ kind: 'answer', id: 1, value: null }]))
    expect(failed).toEqual([`yes: TypeError: the relay's question yes: an answer must be a number or an object of strings`])
  })

  it('ignores answers that it does not wait for, and foreign messages', async () => {
    const sum = relay.sum('cleanup', EPS)
    for (const message of [
      'stop',
      null,
      { cmd: 'NODE_CLUSTER' },
      { kind: 'answers', id: 99, values: [1] },
      { kind: 'answer', id: 1, value: 1 },
    ]) {
      receive(message)
    }
    receive({ kind: 'answers', id: 1, values: [7] })
    receive({ kind: 'answers', id: 1, values: [8] })
    expect(await sum).toBe(7)
    expect(posted).toHaveLength(1)
  })

  it('sends its counts, and gets the counts of the others once it watches', () => {
    receive({ kind: 'others', counts: { streams: 1 }, own: {} })
    const heard: unknown[] = []
    relay.watchCounts((counts, own) => heard.push([counts, own]))
    relay.sendCounts({ streams: 5 })
    expect(told).toEqual([
      { kind: 'counts', counts: {} },
      { kind: 'counts', counts: { streams: 5 } },
    ])
    receive({ kind: 'others', counts: { streams: 2 }, own: { streams: 5 } })
    receive({ kind: 'counts', counts: { streams: 9 } })
    expect(heard).toEqual([[{ streams: 2 }, { streams: 5 }]])
    expect([relay.isAlone, new Relay().isAlone]).toEqual([false, true])
  })
})
