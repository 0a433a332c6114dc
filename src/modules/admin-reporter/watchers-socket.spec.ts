import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { eventually } from '../../../test/support/waiting/eventually.js'
import { MAX_MISSED, Watchers } from './live.service.js'

/** A kernel accepts at most a few MB for a socket that is not read: far fewer than this number of documents. */
const DOCUMENT = Buffer.alloc(65_536, 'x')
const MORE_THAN_A_KERNEL_TAKES = 500
/** The bytes of chunked framing. */
const FRAMING = 64

describe('Watchers of real sockets', () => {
  let onEmpty: ReturnType<typeof vi.fn<() => void>>
  let watchers: Watchers
  let responses: ServerResponse[]
  let clients: Socket[]
  const server = createServer((_request, response) => {
    response.writeHead(200).flushHeaders()
    responses.push(response)
    watchers.add(response)
  })

  beforeEach(async () => {
    onEmpty = vi.fn<() => void>()
    watchers = new Watchers(2, onEmpty)
    responses = []
    clients = []
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })

  afterEach(() => {
    for (const client of clients) client.destroy()
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })

  async function watch(): Promise<{ readonly client: Socket; readonly response: ServerResponse }> {
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
    clients.push(client)
    client.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n')
    const known = responses.length
    const response = await eventually('it watches', () => responses[known])
    return { client, response }
  }

  /** Sends so many documents, one in each turn of the event loop; returns the most that waited for the response. */
  async function send(count: number, response: ServerResponse): Promise<number> {
    let most = 0
    for (let n = 0; n < count && !response.destroyed; n++) {
      watchers.send(DOCUMENT)
      most = Math.max(most, response.writableLength)
      await nextTurn()
    }
    return most
  }

  it('lets at most one document wait for a watcher that does not read, and cuts it in the end', async () => {
    const { client, response } = await watch()
    client.pause()
    expect(await send(MORE_THAN_A_KERNEL_TAKES, response)).toBeLessThanOrEqual(DOCUMENT.length + FRAMING)
    expect([response.destroyed, watchers.size]).toEqual([true, 0])
    await eventually('its place is free', () => onEmpty.mock.calls.length === 1)
  })

  it('continues with the newest for a watcher that reads again before', async () => {
    const { client, response } = await watch()
    client.pause()
    while (response.writableLength === 0) await send(1, response)
    expect(await send(MAX_MISSED, response)).toBeLessThanOrEqual(DOCUMENT.length + FRAMING)
    expect(response.destroyed).toBe(false)

    const newest = Buffer.from('the newest')
    let last = ''
    client.on('data', (bytes: Buffer) => {
      last = (last + bytes.toString('latin1')).slice(-100)
    })
    client.resume()
    await eventually('nothing waits', () => response.writableLength === 0)
    watchers.send(newest)
    await eventually('it has come', () => last.includes('the newest'))
    expect(watchers.size).toBe(1)
  })
})
