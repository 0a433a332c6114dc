import { EventEmitter } from 'node:events'
import { describe, expect, it, vi } from 'vitest'
import type { RelayMessage } from '../common/relay/relay.js'
import { type IpcEnd, linkOver } from './ipc.js'

const MESSAGE: RelayMessage = { kind: 'counts', counts: { streams: 1 } }

/** One end of an IPC connection. Like Node's, it emits an error of a write unless the write has a callback. */
class FakeEnd extends EventEmitter implements IpcEnd {
  connected = true
  fault: Error | null = null
  readonly sent: unknown[] = []

  send = (message: unknown, _handle?: unknown, _options?: unknown, callback?: (error: Error | null) => void): boolean => {
    if (this.fault === null) this.sent.push(message)
    else if (callback === undefined) this.emit('error', this.fault)
    callback?.(this.fault)
    return this.fault === null
  }
}

describe('the link of a worker to its primary', () => {
  const linked = () => {
    const end = new FakeEnd()
    return { end, link: linkOver(end) }
  }

  it('passes messages in both directions', () => {
    const { end, link } = linked()
    const onMessage = vi.fn()
    link.onMessage(onMessage)
    end.emit('message', MESSAGE)
    link.post(MESSAGE)
    expect(onMessage).toHaveBeenCalledWith(MESSAGE)
    expect(end.sent).toEqual([MESSAGE])
  })

  it('discards a message once the connection is closed', () => {
    const { end, link } = linked()
    end.connected = false
    link.post(MESSAGE)
    expect(end.sent).toEqual([])
  })

  it('survives a primary that has died, before the end of the connection is noticed', () => {
    const { end, link } = linked()
    end.fault = new Error('write EPIPE')
    expect(() => link.post(MESSAGE)).not.toThrow()
  })
})
