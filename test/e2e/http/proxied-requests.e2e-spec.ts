import { describe, expect, it } from 'vitest'
import { scrapeOf } from '../../support/metrics/scrape.js'
import { aClient, openClient } from '../../support/servers/fixtures.js'
import { statusOf, untilConnections } from '../../support/servers/probes.js'
import { complaints } from '../../support/servers/server-log.js'
import { sharedStack } from '../../support/servers/shared.js'

const PATH = '/subscribe/details/2665'
const get = (path: string, ...headers: string[]) => `GET ${path} HTTP/1.1\r\n${['Host: here', ...headers].join('\r\n')}\r\n\r\n`
const CHUNKED = 'Transfer-Encoding: chunked'
const MAX_BYTES = 65_536
const chunk = (bytes: number) => `${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n`

const aStack = sharedStack()

describe('a GET with a body', () => {
  it.each([
    ['that is empty, and ends in a later packet', PATH, CHUNKED, ['0\r\n\r\n']],
    ['that is empty, and ends in three packets', PATH, CHUNKED, ['0', '\r\n', '\r\n']],
    ['in chunks and with trailers', PATH, CHUNKED, ['5\r', '\nhel', 'lo\r\n', '0\r\nX-Sum: 1\r\n', 'X-More: 2\r\n\r\n']],
    ['of two bytes that come later', PATH, 'Content-Length: 2', ['{}']],
    ['of two bytes that come one by one', '/subscribe/raw', 'Content-Length: 2', ['{', '}']],
    ['of 64 KiB', '/subscribe/eps', `Content-Length: ${MAX_BYTES}`, ['x'.repeat(40_000), 'x'.repeat(MAX_BYTES - 40_000)]],
    ['of 64 KiB in chunks', '/subscribe?stream=eps&stream=raw', CHUNKED, [chunk(MAX_BYTES - 1), chunk(1), '0\r\n\r\n']],
  ])('%s, gets its stream when the body has ended', async (_what, path, header, pieces) => {
    const { server, feeder } = await aStack()
    const client = await aClient(server, { path, request: get(path, header) })
    for (const piece of pieces) {
      // When this request is answered, the server has read the earlier bytes.
      await statusOf(server, '/health/live')
      expect(client.bytes).toBe(0)
      client.write(piece)
    }
    await client.opened
    await feeder.update('2665', 'a post')
    await client.until('the update', ({ body }) => body.includes('data:'))
    // The server still reads from the connection: it notices this FIN without any write.
    client.halfClose()
    await untilConnections(server, 0)
    expect(complaints(server)).toEqual([])
  })

  it('of 60,000 bytes in one write gets its stream, and its end is noticed', async () => {
    const { server } = await aStack()
    const client = await openClient(server, { path: PATH, request: get(PATH, 'Content-Length: 60000') + 'x'.repeat(60_000) })
    client.halfClose()
    await untilConnections(server, 0)
  })

  it.each([
    ['announced', [get(PATH, `Content-Length: ${MAX_BYTES + 1}`)]],
    ['in chunks', [get(PATH, CHUNKED), chunk(MAX_BYTES), chunk(1)]],
  ])('of more than 64 KiB, %s, is refused, and its connection with it, and counted', async (_how, pieces) => {
    const { server } = await aStack()
    const rejected = async () => (await scrapeOf(server)).by('emojitrack_requests_rejected_total', 'reason')['too-large'] ?? 0
    const before = await rejected()
    const client = await aClient(server, { path: PATH, request: pieces[0] ?? '' })
    for (const piece of pieces.slice(1)) client.write(piece)
    await client.closed
    expect(client.head?.status).toBe(413)
    expect(JSON.parse(client.body)).toMatchObject({ statusCode: 413, message: expect.stringContaining(`${MAX_BYTES} bytes`) })
    expect(client.head?.headers.get('access-control-allow-origin')).toBe('*')
    expect(await rejected()).toBe(before + 1)
  })

  it.each(['FIN', 'RST', 'a malformed chunk'])('that breaks off by %s leaves nothing behind', async (end) => {
    const { server } = await aStack()
    const client = await aClient(server, { path: PATH, request: `${get(PATH, CHUNKED)}5\r\nhe` })
    await statusOf(server, '/health/live')
    if (end === 'FIN') client.halfClose()
    else if (end === 'RST') client.reset()
    else client.write('llo\r\nzz\r\n')
    await client.closed
    expect(client.received.toString()).not.toContain('event-stream')
    await untilConnections(server, 0)
    expect(complaints(server)).toEqual([])
  })

  it('is answered without it where it is a HEAD', async () => {
    const { server } = await aStack()
    const client = await aClient(server, { path: PATH, method: 'HEAD', request: get(PATH, CHUNKED).replace('GET', 'HEAD') })
    await client.ended
    expect(client.head?.status).toBe(200)
    client.write(`0\r\n\r\n${get('/health/live')}`)
    await client.until('the next answer', ({ surplus }) => surplus.includes('"status":"ok"'))
    client.close()
  })
})
