import { afterEach, describe, expect, it } from 'vitest'
import { LiveStack } from '../../support/servers/live-stack.js'
import { complaints } from '../../support/servers/server-log.js'
import { ServerProcess } from '../../support/servers/server-process.js'

const CLIENT = '192.0.2.7'
const OTHER = '192.0.2.8'
/** The proxy is on loopback, which also shows that an IPv4 peer of an IPv6 socket is the same. */
const BEHIND_PROXY = { HOST: '', TRUST_PROXY: 'loopback' }

let stack: LiveStack
afterEach(() => stack?.stop())

const via = (address: string) => ({ headers: { 'X-Forwarded-For': `6.6.6.6, ${address}` } })

/** Asks for a cleanup of the eps streams; returns how many were closed. */
async function cleanUp(headers: Record<string, string> = {}): Promise<unknown> {
  const answer = await stack.answer('/subscribe/cleanup/scores', {
    method: 'POST',
    headers: { 'Content-Length': '0', Connection: 'close', ...headers },
  })
  return JSON.parse(answer.body).closed
}

async function addresses(): Promise<unknown[]> {
  const answer = await fetch(`${stack.server.url}/admin/status.json`, { headers: { connection: 'close' } })
  const { connections } = (await answer.json()) as { connections: { client_ip: string }[] }
  return connections.map(({ client_ip }) => client_ip)
}

describe('behind a proxy of TRUST_PROXY', () => {
  it('the client is the last address that the proxy names, over HTTP/1.0 and multiplexed too', async () => {
    stack = await LiveStack.start(BEHIND_PROXY)
    await stack.open('/subscribe/eps', via(CLIENT))
    await stack.open('/subscribe/eps', { ...via('[2001:DB8::1]:4711'), httpVersion: '1.0' })
    await stack.open('/subscribe?stream=eps&stream=raw', { headers: { 'X-Real-IP': CLIENT } })
    await stack.open('/subscribe/raw', { headers: { 'X-Forwarded-For': '<script>' } })
    await stack.open('/subscribe/raw', { headers: { 'X-Forwarded-For': 'x'.repeat(8192) } })
    await stack.open('/subscribe/raw', via(`${'6.6.6.6, '.repeat(1000)}${CLIENT}`))
    expect(await addresses()).toEqual([CLIENT, '2001:db8::1', CLIENT, '127.0.0.1', '127.0.0.1', CLIENT])
  })

  it('cleanup closes the streams of that client, and nobody else’s', async () => {
    stack = await LiveStack.start(BEHIND_PROXY)
    const mine = await stack.open('/subscribe/eps', via(CLIENT))
    await stack.open('/subscribe/eps', via(OTHER))
    await stack.open('/subscribe/eps')
    expect(await cleanUp(via(CLIENT).headers)).toBe(1)
    await mine.ended
    expect(await addresses()).toEqual([OTHER, '127.0.0.1'])
    expect(complaints(stack.server)).toEqual([])
  })
})

describe('behind a proxy that is not believed', () => {
  it('cleanup by address closes nothing, and one warning names TRUST_PROXY', async () => {
    stack = await LiveStack.start()
    await stack.open('/subscribe/eps', via(CLIENT))
    await stack.open('/subscribe/eps', via(OTHER))
    expect(await cleanUp(via(CLIENT).headers)).toBe(0)
    // A request from the same machine, which really has that address, closes nothing either.
    expect(await cleanUp()).toBe(0)
    expect(await addresses()).toEqual(['127.0.0.1', '127.0.0.1'])
    expect(complaints(stack.server)).toMatchObject([{ peer: '127.0.0.1', advice: expect.stringContaining('TRUST_PROXY') }])
  })
})

it.each(['true', '1', 'loopback,2'])('a server with TRUST_PROXY=%s does not start, and says why', async (TRUST_PROXY) => {
  const { code, errors } = await ServerProcess.run({ TRUST_PROXY })
  expect(code).toBe(1)
  expect(errors).toMatch(/^emojitrack-streamer: [^\n]*TRUST_PROXY must [^\n]*true and numbers are refused[^\n]*\n$/)
})
