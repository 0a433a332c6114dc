import { Socket } from 'node:net'
import { Logger } from '@nestjs/common'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { TransportService } from './transport.service.js'

describe('the choice of the writer', () => {
  const log = vi.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined)
  const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined)
  const config = { notsentLowatBytes: 16_384, ackTimeoutMs: 40_000, heartbeatMs: 15_000 }

  beforeEach(() => {
    log.mockClear()
    warn.mockClear()
  })

  it('is send(2) in batches where both pass their trial', async () => {
    const transport = await TransportService.create({ ...config, nativeSend: true }, 'linux')
    expect(transport.writer).toBe('send(2)')
    expect(log).toHaveBeenCalledExactlyOnceWith({ msg: 'writer chosen', writer: 'send(2)', isBatching: true })
  })

  it.each([
    [false, 'linux', 'NATIVE_SEND is off'],
    [true, 'darwin', 'not on darwin'],
  ] as const)("is Node's with NATIVE_SEND=%s on %s, and says why", async (nativeSend, platform, because) => {
    const transport = await TransportService.create({ ...config, nativeSend }, platform)
    expect(transport.writer).toBe('socket.write')
    expect(log).toHaveBeenCalledExactlyOnceWith({ msg: 'writer chosen', writer: 'socket.write', because })
    expect(warn).not.toHaveBeenCalled()
  })

  it('keeps streams with ServerResponse where Node lacks an API, which one warning names', async () => {
    const parser = Object.getOwnPropertyDescriptor(Socket.prototype, 'parser')
    Object.defineProperty(Socket.prototype, 'parser', { configurable: true, get: () => undefined, set: () => undefined })
    try {
      const transport = await TransportService.create({ ...config, nativeSend: true }, 'linux')
      expect(transport.writer).toBe('socket.write')
      expect(log).toHaveBeenCalledExactlyOnceWith({
        msg: 'writer chosen',
        writer: 'socket.write',
        because: 'this Node.js has no socket.parser',
      })
      expect(warn).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ missing: 'socket.parser' }))
    } finally {
      expect(parser).toBeUndefined()
      Reflect.deleteProperty(Socket.prototype, 'parser')
    }
  })
})
