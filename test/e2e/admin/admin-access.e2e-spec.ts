import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StatusReport } from '../../../src/modules/admin-reporter/status-report.js'
import { LiveStack } from '../../support/servers/live-stack.js'
import type { ServerEnv } from '../../support/servers/server-process.js'

const TOKEN = 'correct-horse-battery'
const PRODUCTION = { NODE_ENV: 'production' }

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const basic = (token: string) => ({ authorization: `Basic ${Buffer.from(`anybody:${token}`).toString('base64')}` })

const ANYBODY = ['anybody', {}] as const
const BEARER = ['a bearer of the token', bearer(TOKEN)] as const
const BROWSER = ['a browser that knows the token', basic(TOKEN)] as const
const GUESS = ['a bearer of a wrong token', bearer(`${TOKEN}x`)] as const
const BROWSER_GUESS = ['a browser that guesses', basic('guess')] as const

/** The client's entry in status.json, and the status of cluster.json. */
const OPEN = { seen: ['127.0.0.1', 'agent'], cluster: 200 }
const UNAUTHORISED = { seen: ['', ''], cluster: 401 }
const FORBIDDEN = { seen: ['', ''], cluster: 403 }

type Caller = readonly [who: string, headers: Record<string, string>, sees: typeof OPEN]

const PLACES: readonly [place: string, env: ServerEnv, callers: readonly Caller[]][] = [
  ['development without a token', {}, [[...ANYBODY, OPEN]]],
  [
    'development with a token',
    { ADMIN_TOKEN: TOKEN },
    [
      [...ANYBODY, UNAUTHORISED],
      [...BEARER, OPEN],
    ],
  ],
  [
    'production without a token',
    PRODUCTION,
    [
      [...ANYBODY, FORBIDDEN],
      [...BEARER, FORBIDDEN],
    ],
  ],
  ['production that is public', { ...PRODUCTION, ADMIN_PUBLIC: 'true' }, [[...ANYBODY, OPEN]]],
  [
    'production with a token',
    { ...PRODUCTION, ADMIN_TOKEN: TOKEN },
    [
      [...ANYBODY, UNAUTHORISED],
      [...GUESS, UNAUTHORISED],
      [...BROWSER_GUESS, UNAUTHORISED],
      [...BEARER, OPEN],
      [...BROWSER, OPEN],
    ],
  ],
  [
    'production that is public and has a token',
    { ...PRODUCTION, ADMIN_TOKEN: TOKEN, ADMIN_PUBLIC: 'yes' },
    [
      [...ANYBODY, UNAUTHORISED],
      [...BROWSER_GUESS, UNAUTHORISED],
    ],
  ],
  ['staging without a token', { NODE_ENV: 'staging' }, [[...BEARER, FORBIDDEN]]],
]

describe.each(PLACES)('in %s', (_place, env, callers) => {
  let stack: LiveStack
  beforeAll(async () => {
    stack = await LiveStack.start(env)
    await stack.open('/subscribe/eps', { headers: { 'User-Agent': 'agent' } })
  })
  afterAll(() => stack.stop())

  const ask = (path: string, headers: Record<string, string>) =>
    fetch(`${stack.server.url}${path}`, { headers: { connection: 'close', ...headers } })

  it.each(callers)('status.json shows the connected clients, or not, to %s', async (_caller, headers, { seen }) => {
    const answer = await ask('/admin/status.json', headers)
    const { connections } = (await answer.json()) as StatusReport
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(connections.map(({ client_ip, user_agent }) => [client_ip, user_agent])).toEqual([seen])
    expect(stack.server.output).not.toContain(TOKEN)
  })

  it.each(callers)('cluster.json answers, or not, %s', async (_caller, headers, { cluster }) => {
    const answer = await ask('/admin/cluster.json', headers)
    expect(answer.status).toBe(cluster)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('content-type')).toMatch(/^application\/json\b/)
    expect(answer.headers.get('www-authenticate')).toBe(cluster === 401 ? 'Basic realm="emojitrack-streamer"' : null)
    expect(Array.isArray(await answer.json())).toBe(cluster === 200)
  })
})
