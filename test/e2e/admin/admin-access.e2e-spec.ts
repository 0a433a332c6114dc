import { networkInterfaces } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StatusReport } from '../../../src/modules/admin-reporter/status-report.js'
import { LiveStack } from '../../support/servers/live-stack.js'
import { logLines } from '../../support/servers/server-log.js'
import { type ServerEnv, ServerProcess } from '../../support/servers/server-process.js'

const TOKEN = 'correct-horse-battery'
const PRODUCTION = { NODE_ENV: 'production' }

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const basic = (token: string) => ({ authorization: `Basic ${Buffer.from(`anybody:${token}`).toString('base64')}` })

const ANYBODY = ['anybody', {}] as const
const BEARER = ['a bearer of the token', bearer(TOKEN)] as const
const BROWSER = ['a browser that knows the token', basic(TOKEN)] as const
const REBOUND = ['a page whose own name leads to this machine', { host: 'evil.example' }] as const
const FORWARDED = ['a client behind a proxy on this machine', { 'x-forwarded-for': '127.0.0.1' }] as const
const GUESS = ['a bearer of a wrong token', bearer(`${TOKEN}x`)] as const
const BROWSER_GUESS = ['a browser that guesses', basic('guess')] as const

/** The client's entry in status.json, and the status of cluster.json. */
const OPEN = { seen: ['127.0.0.1', 'agent'], cluster: 200 }
const UNAUTHORISED = { seen: ['', ''], cluster: 401 }
const FORBIDDEN = { seen: ['', ''], cluster: 403 }

type Caller = readonly [who: string, headers: Record<string, string>, sees: typeof OPEN]

const PLACES: readonly [place: string, env: ServerEnv, callers: readonly Caller[]][] = [
  [
    'development without a token',
    {},
    [
      [...ANYBODY, OPEN],
      [...REBOUND, FORBIDDEN],
      [...FORWARDED, FORBIDDEN],
    ],
  ],
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
  ['an environment of another name without a token', { NODE_ENV: 'prod' }, [[...ANYBODY, FORBIDDEN]]],
]

describe.each(PLACES)('in %s', (_place, env, callers) => {
  let stack: LiveStack
  beforeAll(async () => {
    stack = await LiveStack.start(env)
    await stack.open('/subscribe/eps', { headers: { 'User-Agent': 'agent' } })
  })
  afterAll(() => stack.stop())

  async function ask(path: string, given: Record<string, string>) {
    const { head, body } = await stack.answer(path, { headers: { Connection: 'close', ...given } })
    return { status: head?.status, header: (name: string) => head?.headers.get(name), document: JSON.parse(body) as unknown }
  }

  it.each(callers)('status.json shows the connected clients, or not, to %s', async (_caller, headers, { seen }) => {
    const { status, header, document } = await ask('/admin/status.json', headers)
    const { connections } = document as StatusReport
    expect(status).toBe(200)
    expect(header('cache-control')).toBe('no-store')
    expect(connections.map(({ client_ip, user_agent }) => [client_ip, user_agent])).toEqual([seen])
    expect(stack.server.output).not.toContain(TOKEN)
  })

  it.each(callers)('cluster.json answers, or not, %s', async (_caller, headers, { cluster }) => {
    const { status, header, document } = await ask('/admin/cluster.json', headers)
    expect(status).toBe(cluster)
    expect(header('cache-control')).toBe('no-store')
    expect(header('content-type')).toMatch(/^application\/json\b/)
    expect(header('www-authenticate')).toBe(cluster === 401 ? 'Basic realm="emojitrack-streamer"' : undefined)
    expect(Array.isArray(document)).toBe(cluster === 200)
  })
})

describe('a server on all addresses, in development without a token', () => {
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address
  let server: ServerProcess
  beforeAll(async () => {
    server = await ServerProcess.start({ HOST: '0.0.0.0' })
  })
  afterAll(() => server.stop())

  it('says once at the start for whom the pages are open', () => {
    expect(logLines(server).filter(({ level }) => level === 40)).toMatchObject([{ msg: expect.stringContaining('no ADMIN_TOKEN') }])
  })

  it.skipIf(outside === undefined)('is closed to peers at other addresses, and names the cure', async () => {
    for (const path of ['/metrics', '/admin/', '/admin/cluster.json', '/admin/live']) {
      const answer = await fetch(`http://${outside}:${server.port}${path}`, { headers: { connection: 'close' } })
      expect([path, answer.status, await answer.text()]).toEqual([path, 403, expect.stringContaining('ADMIN_TOKEN')])
    }
    expect((await fetch(`http://${outside}:${server.port}/admin/status.json`)).status).toBe(200)
  })
})
