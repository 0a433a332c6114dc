import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { RelayMessage } from '../common/relay/relay.js'
import { BEAT_MS, type IpcWorkerEnd, Outbox, PrimaryLink } from './ipc.js'

const MESSAGE: RelayMessage = { kind: 'counts', counts: { streams: 1 } }
/** The bounds of an outbox: messages, and characters. */
const MAX_UNTAKEN = 1024
const MAX_UNTAKEN_LENGTH = 4_194_304

/** One end of an IPC connection. Like Node's, it emits an error of a write unless the write has a callback. */
class FakeEnd extends EventEmitter implements IpcWorkerEnd {
  connected = true
  fault: Error | null = null
  /** False keeps back the callbacks, as for a process that does not read. */
  isRead = true
  readonly sent: unknown[] = []
  private readonly untaken: (() => void)[] = []

  send = (message: unknown, _handle?: unknown, _options?: unknown, callback?: (error: Error | null) => void): boolean => {
    if (this.fault === null) this.sent.push(message)
    else if (callback === undefined) this.emit('error', this.fault)
    if (this.isRead) callback?.(this.fault)
    else this.untaken.push(() => callback?.(null))
    return this.fault === null
  }

  /** The other process reads so many of the messages. */
  read(count = this.untaken.length): void {
    for (const take of this.untaken.splice(0, count)) take()
  }
}

describe('an outbox', () => {
  it('passes on what is posted while the other process reads', () => {
    const end = new FakeEnd()
    const outbox = new Outbox(end)
    for (let n = 0; n < 2 * MAX_UNTAKEN; n++) outbox.post(MESSAGE)
    expect([end.sent.length, outbox.isBusy]).toEqual([2 * MAX_UNTAKEN, false])
  })

  it.each<[string, RelayMessage, number]>([
    ['messages', MESSAGE, MAX_UNTAKEN],
    ['characters', { kind: 'answer', id: 1, value: { a: 'x'.repeat(MAX_UNTAKEN_LENGTH / 4) } }, 4],
  ])('discards more once too many %s are unread, and says so when all are read', (_what, message, most) => {
    const end = new FakeEnd()
    const onTaken = vi.fn()
    const outbox = new Outbox(end, onTaken)
    end.isRead = false
    for (let n = 0; n < most + 10; n++) outbox.post(message)
    expect([end.sent.length, outbox.isBusy]).toEqual([most, true])
    end.read(most - 1)
    expect([outbox.isBusy, onTaken.mock.calls.length]).toEqual([false, 0])
    end.read()
    expect(onTaken).toHaveBeenCalledTimes(1)
    outbox.post(message)
    end.read()
    expect([end.sent.length, onTaken.mock.calls.length]).toEqual([most + 1, 1])
  })
})

describe('the link of a worker to its primary', () => {
  let end: FakeEnd
  let link: PrimaryLink

  beforeEach(() => {
    end = new FakeEnd()
    link = new PrimaryLink(end)
  })

  it('passes messages in both directions, and the end', () => {
    const onMessage = vi.fn()
    const onClose = vi.fn()
    link.onMessage(onMessage)
    link.onClose(onClose)
    end.emit('message', MESSAGE)
    link.post(MESSAGE)
    expect(onMessage).toHaveBeenCalledWith(MESSAGE)
    expect(end.sent).toEqual([MESSAGE])
    end.emit('disconnect')
    expect(onClose).toHaveBeenCalledTimes(1)
  })

  it('discards a message once the connection is closed', () => {
    end.connected = false
    link.post(MESSAGE)
    expect([end.sent, link.isOpen]).toEqual([[], false])
  })

  it('survives a primary that has died, before the end of the connection is noticed', () => {
    end.fault = new Error('write EPIPE')
    expect(() => link.post(MESSAGE)).not.toThrow()
  })

  describe('with beats', () => {
    beforeEach(() => void vi.useFakeTimers())
    afterEach(() => void vi.useRealTimers())

    it('sends one a second, and no more than the bound to a primary that hangs', () => {
      link.startBeats()
      vi.advanceTimersByTime(3 * BEAT_MS)
      expect(end.sent).toEqual(['beat', 'beat', 'beat'])
      end.isRead = false
      vi.advanceTimersByTime(2 * MAX_UNTAKEN * BEAT_MS)
      expect(end.sent).toHaveLength(3 + MAX_UNTAKEN)
      vi.clearAllTimers()
    })
  })
})
