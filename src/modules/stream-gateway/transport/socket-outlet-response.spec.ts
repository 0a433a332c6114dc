import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { request, TAKEN, TransportScene } from '../../../../test/support/transport-scene.js'

let scene: TransportScene

afterEach(() => scene.stop())

describe('a stream over ServerResponse', () => {
  beforeEach(async () => {
    scene = new TransportScene({ calls: null, notsentLowatBytes: 16_384, ackTimeoutMs: 40_000, heartbeatMs: 15_000, canTakeOver: false })
    await scene.start()
  })

  it('has its head and its chunks from Node, at once', async () => {
    const outlet = await scene.streaming()
    expect(outlet.isFramedByNode).toBe(true)
    expect(scene.transport.writer).toBe('socket.write')
    outlet.post(Buffer.from('data:1F602\n\n'))
    scene.transport.commit()
    await vi.waitUntil(() => scene.received.endsWith('c\r\ndata:1F602\n\n\r\n'))
    expect(scene.received).toMatch(/^HTTP\/1\.1 200 OK\r\nContent-Type: text\/event-stream\r\nConnection: keep-alive\r\n/)
    expect(scene.received).toContain(`\r\n\r\n9\r\n${TAKEN}\r\n`)
    expect(outlet.queuedBytes).toBe(0)
  })

  it('has a plain body in HTTP/1.0', async () => {
    scene.client.write('GET /stream HTTP/1.0\r\n\r\n')
    await vi.waitUntil(() => scene.received.endsWith(`\r\n\r\n${TAKEN}`))
  })

  it('queues what the kernel does not take, and tells its owner when that has gone', async () => {
    const outlet = await scene.streaming()
    scene.client.pause()
    const frame = Buffer.alloc(100_000, '~')
    let frames = 1
    for (; outlet.write(frame) === 'sent'; frames++);
    expect(outlet.queuedBytes).toBeGreaterThan(0)
    expect(() => outlet.write(frame)).toThrow(expect.objectContaining({ code: 'ERR_OUTLET_NOT_DRAINED' }))
    scene.client.resume()
    await vi.waitUntil(() => scene.listener.drains === 1)
    expect(outlet.write(Buffer.from('last'))).toBe('sent')
    await vi.waitUntil(() => scene.received.endsWith('4\r\nlast\r\n'))
    expect(scene.received.split('~').length - 1).toBe(frames * frame.length)
  })

  it('ends in an orderly way after the last bytes, and with it the connection', async () => {
    const outlet = await scene.streaming()
    const ended = once(scene.client, 'end')
    outlet.end(Buffer.from('bye'))
    await ended
    expect(scene.received).toMatch(/3\r\nbye\r\n0\r\n\r\n$/)
    await vi.waitUntil(() => scene.taken?.destroyed)
    expect(scene.listener.reasons).toEqual([])
    expect(outlet.write(Buffer.from('x'))).toBe('broken')
  })

  it('does not wait for a client that never reads when it ends', async () => {
    const outlet = await scene.streaming()
    scene.client.pause()
    while (outlet.write(Buffer.alloc(100_000)) === 'sent');
    outlet.end(Buffer.from('bye'))
    expect(scene.taken?.destroyed).toBe(true)
  })

  it('is broken once it was destroyed, without a report to its owner', async () => {
    const outlet = await scene.streaming()
    outlet.destroy()
    expect(outlet.write(Buffer.from('x'))).toBe('broken')
    await once(scene.client, 'close')
    expect(scene.listener).toMatchObject({ reasons: [], outcomes: [] })
  })

  it.each([
    ['half-closes', () => scene.client.end()],
    ['resets the connection', () => scene.client.resetAndDestroy()],
  ])('tells its owner of a client that %s', async (_what, leave) => {
    await scene.streaming()
    leave()
    await vi.waitUntil(() => scene.listener.reasons.length > 0)
    expect(scene.listener.reasons).toEqual(['client'])
  })

  it('takes another request on its connection for an error', async () => {
    await scene.streaming()
    scene.client.write(request('/plain'))
    await vi.waitUntil(() => scene.listener.reasons.length > 0)
    expect(scene.listener.reasons).toEqual(['error'])
    expect(scene.received).not.toContain('answered')
  })
})
