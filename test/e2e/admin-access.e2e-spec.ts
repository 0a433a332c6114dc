import { afterEach, describe, expect, it } from 'vitest'
import type { StatusReport } from '../../src/modules/admin-reporter/status-report.js'
import { LiveStack } from '../support/live-stack.js'

const TOKEN = 'correct-horse-battery'
const PRODUCTION = { NODE_ENV: 'production' }

let stack: LiveStack
afterEach(() => stack.stop())

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const basic = (token: string) => ({ authorization: `Basic ${Buffer.from(`anybody:${token}`).toString('base64')}` })

/** What the status document shows of an open stream's client. */
async function seenOf(env: Record<string, string>, headers: Record<string, string> = {}) {
  stack = await LiveStack.start(env)
  await stack.open('/subscribe/eps', { headers: { 'User-Agent': 'agent' } })
  const answer = await fetch(`${stack.server.url}/admin/status.json`, { headers: { connection: 'close', ...headers } })
  const { connections } = (await answer.json()) as StatusReport
  const { status } = answer
  return {
    status,
    cache: answer.headers.get('cache-control'),
    seen: connections.map(({ client_ip, user_agent }) => [client_ip, user_agent]),
  }
}

const SHOWN = { status: 200, cache: 'no-store', seen: [['127.0.0.1', 'agent']] }
const HIDDEN = { status: 200, cache: 'no-store', seen: [['', '']] }

describe('status.json', () => {
  it.each([
    ['in development without a token', {}, {}],
    ['in production that is public', { ...PRODUCTION, ADMIN_PUBLIC: 'true' }, {}],
    ['in production for a bearer of the token', { ...PRODUCTION, ADMIN_TOKEN: TOKEN }, bearer(TOKEN)],
    ['in production for a browser that knows the token', { ...PRODUCTION, ADMIN_TOKEN: TOKEN }, basic(TOKEN)],
    ['in development for a bearer of the token', { ADMIN_TOKEN: TOKEN }, bearer(TOKEN)],
  ])('shows who is connected %s', async (_where, env, headers) => {
    expect(await seenOf(env, headers)).toEqual(SHOWN)
  })

  it.each([
    ['in production without a token', PRODUCTION, {}],
    ['in staging without a token', { NODE_ENV: 'staging' }, bearer(TOKEN)],
    ['in production from who has no token', { ...PRODUCTION, ADMIN_TOKEN: TOKEN }, {}],
    ['in production from who has a wrong one', { ...PRODUCTION, ADMIN_TOKEN: TOKEN }, bearer(`${TOKEN}x`)],
    ['in development from who has no token', { ADMIN_TOKEN: TOKEN }, {}],
    ['in production, public or not, where there is a token', { ...PRODUCTION, ADMIN_TOKEN: TOKEN, ADMIN_PUBLIC: 'true' }, basic('guess')],
  ])('hides who is connected %s', async (_where, env, headers) => {
    expect(await seenOf(env, headers)).toEqual(HIDDEN)
    expect(stack.server.output).not.toContain(TOKEN)
  })
})

describe('cluster.json', () => {
  const IN_PRODUCTION = { ...PRODUCTION, ADMIN_TOKEN: TOKEN }

  it.each([
    ['401 in production without the token', IN_PRODUCTION, {}, 401],
    ['401 in production with a wrong one', IN_PRODUCTION, basic('guess'), 401],
    ['200 in production for a bearer of the token', IN_PRODUCTION, bearer(TOKEN), 200],
    ['200 in production for a browser that knows it', IN_PRODUCTION, basic(TOKEN), 200],
    ['403 in production where there is none', PRODUCTION, bearer(TOKEN), 403],
    ['200 in production that is public', { ...PRODUCTION, ADMIN_PUBLIC: 'yes' }, {}, 200],
    ['200 in development where there is none', {}, {}, 200],
    ['401 in development without the token', { ADMIN_TOKEN: TOKEN }, {}, 401],
  ])('answers %s', async (_what, env, headers, status) => {
    stack = await LiveStack.start(env)
    const answer = await fetch(`${stack.server.url}/admin/cluster.json`, { headers: { connection: 'close', ...headers } })
    expect(answer.status).toBe(status)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('content-type')).toMatch(/^application\/json\b/)
    expect(answer.headers.get('www-authenticate')).toBe(status === 401 ? 'Basic realm="emojitrack-streamer"' : null)
    expect(Array.isArray(await answer.json())).toBe(status === 200)
  })
})
