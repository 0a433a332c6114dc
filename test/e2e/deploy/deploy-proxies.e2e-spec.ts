import { createServer, type IncomingMessage } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Http2Client } from '../../support/clients/http2-client.js'
import { type ProxyName, ShippedProxy } from '../../support/proxies/shipped-proxy.js'
import { aLiveServer } from '../../support/servers/fixtures.js'
import { freePort } from '../../support/servers/free-port.js'
import { untilConnections } from '../../support/servers/probes.js'
import { ServerProcess } from '../../support/servers/server-process.js'
import { eventually } from '../../support/waiting/eventually.js'

/** More than a browser opens to an origin over HTTP/1.1. */
const STREAMS = 7

describe.each(['nginx', 'caddy', 'haproxy'] as const)('behind %s with our configuration', (name) => {
  it('streams of all kinds share one HTTP/2 connection, and every frame arrives while the stream is open', async () => {
    const { server, feeder } = await aLiveServer()
    const browser = await aBrowser(name, server.port)
    const paths = ['/subscribe?stream=eps&stream=raw', '/subscribe/raw', '/subscribe/details', '/subscribe/details/1F602']
    const streams = await Promise.all(
      Array.from({ length: STREAMS }, (_, index) => browser.get(paths[index] ?? '/subscribe/eps', { accept: 'text/event-stream' })),
    )
    for (const { status, headers } of streams) {
      expect(status).toBe(200)
      expect(headers['content-type']).toBe('text/event-stream; charset=utf-8')
      expect(headers['cache-control']).toBe('no-cache')
      expect(headers['access-control-allow-origin']).toBe('*')
    }
    await untilConnections(server, STREAMS)
    for (const stream of streams) await stream.until('the first bytes', ({ blocks }) => blocks[0]?.comments[0] === 'ok')
    // The frames go out one after the other: a frame that the proxy holds back until the next one would never arrive.
    for (let serial = 1; serial <= 3; serial++) {
      await feeder.update('1F602')
      for (const stream of streams) await stream.until('a message', (answer) => answer.messages().length >= serial)
    }
  })

  it('a client that leaves is gone at the server too', async () => {
    const { server } = await aLiveServer()
    const browser = await aBrowser(name, server.port)
    const stays = await browser.get('/subscribe/eps')
    const leaves = await browser.get('/subscribe/eps')
    await untilConnections(server, 2)
    leaves.cancel()
    await untilConnections(server, 1)
    expect(stays.ended).toBe(false)
  })

  it('the server learns the address of the client, by HTTP/1.1 and over connections that are used again', async () => {
    const requests: IncomingMessage[] = []
    const upstream = createServer((request, response) => {
      // HAProxy asks for the health beside them.
      if (request.url !== '/health/ready') requests.push(request)
      response.end()
    })
    const port = await freePort()
    await new Promise<void>((resolve) => upstream.listen(port, '127.0.0.1', resolve))
    onTestFinished(() => void upstream.close())
    const browser = await aBrowser(name, port)
    for (let serial = 1; serial <= 3; serial++) {
      const answer = await browser.get('/admin/status.json', { 'x-forwarded-for': '192.0.2.66' })
      await answer.until('its end', ({ ended }) => ended)
    }
    expect(requests.map(({ httpVersion }) => httpVersion)).toEqual(['1.1', '1.1', '1.1'])
    // The server takes the right-most address that belongs to no proxy; the client's own claims are left of it.
    for (const { headers } of requests) expect(String(headers['x-forwarded-for'])).toMatch(/^(192\.0\.2\.66, )?127\.0\.0\.1$/)
    expect(new Set(requests.map(({ socket }) => socket.remotePort)).size).toBe(1)
  })

  it('without a server streams get a retry:, and other requests an error', async () => {
    const port = await freePort()
    const browser = await aBrowser(name, port)
    const turnedAway = await browser.get('/subscribe/details/1F602', { accept: 'text/event-stream' })
    expect(turnedAway.status).toBe(200)
    expect(turnedAway.headers['content-type']).toContain('text/event-stream')
    expect(turnedAway.headers['access-control-allow-origin']).toBe('*')
    await turnedAway.until('its end', ({ ended }) => ended)
    expect(turnedAway.blocks).toEqual([expect.objectContaining({ retry: expect.any(Number), data: undefined })])
    expect([502, 503]).toContain((await browser.get('/health/ready')).status)

    const server = await ServerProcess.start({ PORT: String(port) })
    onTestFinished(async () => void (await server.stop()))
    const path = '/subscribe/eps'
    await eventually('streams again', async () =>
      (await browser.get(path)).until('a message', (answer) => answer.messages().length > 0, 1000),
    )
    // A refusal by the server itself stays a refusal.
    expect((await browser.get('/subscribe/nothing')).status).toBe(404)
  })
})

describe('behind an nginx that nobody has set up for streams', () => {
  const DETAILS = '/subscribe/details/QUIET'

  it('each frame arrives at once although proxy_buffering is on, as X-Accel-Buffering asks', async () => {
    const { server, feeder } = await aLiveServer()
    const browser = await aBrowser('nginx', server.port, { '        proxy_buffering off;\n': '' })
    const stream = await browser.get(DETAILS)
    for (let serial = 1; serial <= 5; serial++) {
      await feeder.update('QUIET')
      // A frame that the proxy holds back until it has a buffer full would never arrive.
      await stream.until('a message', (answer) => answer.messages().length >= serial)
    }
  })

  it('a stream without a message outlives proxy_read_timeout by its heartbeats', async () => {
    const { server, feeder } = await aLiveServer({ HEARTBEAT_MS: '200' })
    const browser = await aBrowser('nginx', server.port, { 'proxy_read_timeout 60s': 'proxy_read_timeout 1s' })
    const stream = await browser.get(DETAILS)
    // They come 0.15 s apart at least, so that this takes three times as long as the proxy waits.
    await stream.until('heartbeats', ({ blocks }) => blocks.length > 20)
    expect(stream.ended).toBe(false)
    await feeder.update('QUIET')
    await stream.until('a message', (answer) => answer.messages().length === 1)
  })

  it('a stream is cut whose heartbeats come too late for proxy_read_timeout', async () => {
    const { server } = await aLiveServer()
    const browser = await aBrowser('nginx', server.port, { 'proxy_read_timeout 60s': 'proxy_read_timeout 1s' })
    const stream = await browser.get(DETAILS)
    await eventually('it is cut', () => stream.ended)
    await untilConnections(server, 0)
  })
})

/** A proxy in front of the port, and one connection to it. */
async function aBrowser(name: ProxyName, upstream: number, changes = {}): Promise<Http2Client> {
  const proxy = await ShippedProxy.start(name, upstream, changes)
  onTestFinished(() => proxy.stop())
  const browser = await Http2Client.connect(proxy.port, proxy.certificate)
  onTestFinished(() => browser.close())
  return browser
}
