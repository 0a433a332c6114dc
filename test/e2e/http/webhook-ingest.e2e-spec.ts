import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { parseScrape } from '../../support/metrics/scrape.js'
import { builtExample } from '../../support/plugins/example.js'
import { expectSums } from '../../support/redis/exact-sums.js'
import { aClient, aLiveServer, aServer, openClient, openClients } from '../../support/servers/fixtures.js'
import { complaints } from '../../support/servers/server-log.js'
import { type ServerEnv, ServerProcess } from '../../support/servers/server-process.js'
import { aTeam, openByWorker } from '../../support/servers/team.js'
import { eventually } from '../../support/waiting/eventually.js'

const WEBHOOK_TOKEN = 'a-token-for-the-tests'

let STREAMER_MODULES: string
let env: ServerEnv

beforeAll(async () => {
  STREAMER_MODULES = await builtExample('webhook-ingest')
  env = { STREAMER_MODULES, WEBHOOK_TOKEN }
})

/** Posts a body, JSON unless it is text already, and gives the status and the answer. */
async function post(server: Pick<ServerProcess, 'url'>, body: unknown, headers: Readonly<Record<string, string>> = authorised) {
  const answer = await fetch(`${server.url}/ingest`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: answer.status, challenge: answer.headers.get('www-authenticate'), body: (await answer.json()) as unknown }
}

const authorised = { authorization: `Bearer ${WEBHOOK_TOKEN}` }

const outcomes = async (server: ServerProcess) =>
  parseScrape(await (await fetch(`${server.url}/metrics`)).text()).by('webhook_ingest_requests_total', 'outcome')

describe('POST /ingest', () => {
  it('is streamed as what comes from Redis, and beside it', async () => {
    const { server, feeder } = await aLiveServer(env)
    const [eps, raw, details] = await Promise.all(
      ['eps', 'raw', 'details/2665'].map((name) => openClient(server, { path: `/subscribe/${name}` })),
    )
    if (eps === undefined || raw === undefined || details === undefined) throw new Error('not open')
    await feeder.update('2665', '"from redis"')
    await raw.until('the one from Redis', ({ frames }) => frames === 1)

    expect(await post(server, { updates: ['1F602', '2665', '1F602'], id: '2665', detail: { text: 'a ♥\nline' } })).toMatchObject({
      status: 200,
      body: { status: 'OK', updates: 3, details: 1, workers: 1 },
    })

    await raw.until('all updates', ({ frames }) => frames === 4)
    await details.until('both details', ({ frames }) => frames === 2)
    await expectSums([eps], new Map(Object.entries({ 2665: 2, '1F602': 2 })))
    expect(raw.messages().map(({ data }) => data)).toEqual(['2665', '1F602', '2665', '1F602'])
    expect(details.messages()).toMatchObject([
      { event: 'stream.tweet_updates.2665', data: '"from redis"' },
      { event: 'stream.tweet_updates.2665', data: '{"text":"a ♥\\nline"}' },
    ])
  })

  it('refuses requests without the token, malformed ones and too large ones, and streams nothing of them', async () => {
    const { server } = await aLiveServer(env)
    const raw = await openClient(server, { path: '/subscribe/raw' })
    const updates = ['1F602']

    for (const headers of [{}, { authorization: `Bearer ${WEBHOOK_TOKEN}x` }, { authorization: `Basic ${btoa(`:${WEBHOOK_TOKEN}`)}` }])
      expect(await post(server, { updates }, headers)).toMatchObject({ status: 401, challenge: 'Bearer' })
    expect(await post(server, { updates: ['1F602', 'a\nb'] })).toMatchObject({
      status: 400,
      body: { message: 'updates[1] holds a control character' },
    })
    expect(await post(server, '{"updates":')).toMatchObject({ status: 400 })
    expect(await post(server, '<updates/>', { ...authorised, 'content-type': 'application/xml' })).toMatchObject({ status: 415 })
    expect(await post(server, { updates: ['x'.repeat(1_100_000)] })).toMatchObject({ status: 413 })
    expect(await post(server, { updates: ['LAST'] })).toMatchObject({ status: 200 })

    await raw.until('the good one', ({ frames }) => frames > 0)
    expect(raw.messages().map(({ data }) => data)).toEqual(['LAST'])
    expect(await outcomes(server)).toEqual({ accepted: 1, unauthorized: 3, invalid: 1, draining: 0, unreached: 0 })
    expect(complaints(server)).toEqual([])
    expect(server.output).not.toContain(WEBHOOK_TOKEN)
  })

  it('refuses a request without the token before the body comes, and waits for the body of one with it', async () => {
    const { server } = await aLiveServer(env)
    const headers = { 'Content-Type': 'application/json', 'Content-Length': '1000000' }
    const stranger = await aClient(server, { path: '/ingest', method: 'POST', headers })
    const friend = await aClient(server, {
      path: '/ingest',
      method: 'POST',
      headers: { ...headers, Authorization: `Bearer ${WEBHOOK_TOKEN}` },
    })

    await stranger.until('the refusal', ({ head }) => head !== undefined)
    expect(stranger.head?.status).toBe(401)
    expect(stranger.head?.headers.get('www-authenticate')).toBe('Bearer')
    expect(await outcomes(server)).toMatchObject({ unauthorized: 1 })
    expect(friend.head).toBeUndefined()
    friend.write(`{"updates":["1F602"]}${' '.repeat(1_000_000 - 21)}`)
    await friend.until('the receipt', ({ head }) => head !== undefined)
    expect(friend.head?.status).toBe(200)
  })

  it('answers 503 while the node drains', async () => {
    const server = await ServerProcess.start({ ...env, DRAIN_S: '3' })
    onTestFinished(async () => void (await server.stop()))
    const client = await openClient(server, { path: '/subscribe/details/WEB' })
    await openClients(server, 5, { path: '/subscribe/details/WEB' })
    await post(server, { id: 'WEB', detail: {} })
    await client.until('the detail', ({ frames }) => frames === 1)

    server.signal('SIGTERM')

    await eventually('it refuses', async () => (await post(server, { id: 'WEB', detail: {} })).status === 503)
    expect(await server.exited).toEqual({ code: 0, signal: null })
  })
})

describe('with two workers', () => {
  it('reaches the subscribers of both, exactly', async () => {
    const { server } = await aTeam(env)
    const eps = await openClients(server, 8, { path: '/subscribe/eps' })
    const details = await openClients(server, 8, { path: '/subscribe/details/2665' })
    expect([...(await openByWorker(server)).values()].every((open) => open > 0)).toBe(true)

    const updates = Array.from({ length: 1000 }, (_, index) => (index % 4 === 0 ? '2665' : '1F602'))
    for (let request = 0; request < 10; request++)
      expect(await post(server, { updates, id: '2665', detail: { request } })).toMatchObject({ body: { workers: 2 } })

    await expectSums(eps, new Map(Object.entries({ 2665: 2500, '1F602': 7500 })))
    for (const client of details) await client.until('every detail', ({ frames }) => frames === 10)
    // The scores in Redis don't follow updates that a plug-in brings.
    expect(complaints(server).filter(({ context }) => context !== 'Positions')).toEqual([])
  })
})

describe('without a token that can not be guessed', () => {
  it.each([
    ['alone', { WORKERS: '1' }],
    ['with workers', { WORKERS: '2' }],
    ['with a short one', { WEBHOOK_TOKEN: 'short' }],
  ])('the server does not start, %s, and names the cure', async (_, given) => {
    const { code, errors } = await ServerProcess.run({ STREAMER_MODULES, ...given })
    expect(code).toBe(1)
    expect(errors).toMatch(/^(emojitrack-streamer: [^\n]*WEBHOOK_TOKEN must be set, to at least 16 visible ASCII characters[^\n]*\n)+$/)
  })

  it('takes one from the .env of the working folder', async () => {
    const server = await aServer({ STREAMER_MODULES }, { '.env': `WEBHOOK_TOKEN=${WEBHOOK_TOKEN}` })
    expect(await post(server, { updates: [] })).toMatchObject({ status: 200 })
  })
})
