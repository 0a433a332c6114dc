import { get } from 'node:http'
import { hostname, networkInterfaces } from 'node:os'
import { describe, expect, it, onTestFinished } from 'vitest'
import { aServer, openClient } from '../../support/servers/fixtures.js'
import { openStreams } from '../../support/servers/probes.js'
import { ServerProcess } from '../../support/servers/server-process.js'

const SECRET = 's3cr3t'

/** The name that a server in development gives itself. */
async function nodeOf(url: string): Promise<unknown> {
  const answer = await fetch(`${url}/admin/status.json`, { headers: { connection: 'close' } })
  return ((await answer.json()) as { node: unknown }).node
}

/** The status of a GET whose body may never end. */
function statusOf(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (answer) => {
      resolve(answer.statusCode)
      answer.destroy()
    }).on('error', reject)
  })
}

describe('a server that is configured badly', () => {
  it('names all bad variables and their cures in one line on stderr, and no secret', async () => {
    const bad = {
      PORT: 'eighty',
      REDIS_URL: `http://:${SECRET}@127.0.0.1:6379`,
      REDIS_TLS_CA: SECRET,
      ENABLE_RAW_STREAM: 'maybe',
      CORS_ORIGINS: 'https://a.example/path',
      HEARTBEAT_MS: '1',
      QUEUE_MAX_BYTES: '1 MB',
      LOG_LEVEL: 'loud',
      DRAIN_S: '-1',
    }
    const { code, output, errors } = await ServerProcess.run(bad)

    expect(code).toBe(1)
    expect(errors).toMatch(/^emojitrack-streamer: [^\n]+\n$/)
    for (const name of Object.keys(bad)) expect(errors).toMatch(new RegExp(`\\b${name} must `))
    expect(output).not.toContain(SECRET)
  })

  it('refuses a drain that is longer than the shutdown may take', async () => {
    const { code, errors } = await ServerProcess.run({ DRAIN_S: '20', SHUTDOWN_TIMEOUT_MS: '20000' })

    expect(code).toBe(1)
    expect(errors).toMatch(/^emojitrack-streamer: [^\n]*SHUTDOWN_TIMEOUT_MS[^\n]*DRAIN_S[^\n]*\n$/)
  })

  it.each([
    { NODE_ENV: 'production' },
    { NODE_ENV: 'staging' },
    { GO_ENV: 'production' },
    { NODE_ENV: '', GO_ENV: '', RACK_ENV: 'prod' },
    { NODE_ENV: 'Production', REDIS_URL: '' },
  ])('does not start with %o but without Redis, and says so in one line', async (env) => {
    const { code, errors, output } = await ServerProcess.run(env)

    expect(code).toBe(1)
    expect(errors).toMatch(/^emojitrack-streamer: [^\n]*REDIS_URL must be set in (?:[Pp]roduction|staging|prod)[^\n]*\n$/)
    expect(output).toBe(errors)
  })

  it('says in one line that its port is in use', async () => {
    const first = await aServer({})
    const { code, errors } = await ServerProcess.run({ PORT: String(first.port) })

    expect(code).toBe(1)
    expect(errors).toMatch(new RegExp(`^emojitrack-streamer: [^\\n]*EADDRINUSE[^\\n]*${first.port}\\n$`))
    expect(await statusOf(`${first.url}/health/live`)).toBe(200)
  })
})

/** An environment other than development and test requires a Redis, which may be away. */
const NO_REDIS = { REDIS_URL: 'redis://127.0.0.1:1' }

describe('the environment', () => {
  it.each([
    [{}, `nest-development-${hostname()}`],
    [{ GO_ENV: 'go', RACK_ENV: 'rack', DYNO: 'web.1', ...NO_REDIS }, 'nest-go-web.1'],
    [{ RACK_ENV: 'rack', DYNO: 'web.1', NODE_NAME: 'n', ...NO_REDIS }, 'nest-rack-n'],
    [{ NODE_ENV: 'test', GO_ENV: 'production', RACK_ENV: 'rack' }, `nest-test-${hostname()}`],
  ])('%o makes the node %s', async (env, name) => {
    const server = await aServer(env)

    expect(await nodeOf(server.url)).toBe(name)
  })

  it('wins over the .env file of the working folder, where an empty variable counts as unset', async () => {
    const server = await ServerProcess.start(
      { NODE_NAME: 'real', GO_ENV: '', ...NO_REDIS },
      { '.env': '# a comment\nNODE_NAME=file\nPORT=1\nexport GO_ENV="from file"\nENABLE_RAW_STREAM=false\n' },
    )
    onTestFinished(() => void server.stop())

    expect(await nodeOf(server.url)).toBe('nest-from file-real')
    expect(await statusOf(`${server.url}/subscribe/raw`)).toBe(404)
  })
})

describe('the address', () => {
  it('is all addresses of both kinds by default', async () => {
    const server = await aServer({ HOST: '' })
    const ipv6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1'))
    const hosts = ipv6 ? ['127.0.0.1', '::1'] : ['127.0.0.1']

    for (const host of hosts) await openClient(server, { host, path: '/subscribe/eps', headers: { 'User-Agent': host } })

    expect(await openStreams(server)).toMatchObject(hosts.map((host) => ({ user_agent: host, client_ip: host })))
  })

  it('is HOST alone where that is set', async () => {
    const server = await aServer({ HOST: '127.0.0.2' })

    expect(await statusOf(`http://127.0.0.2:${server.port}/health/live`)).toBe(200)
    await expect(statusOf(`http://127.0.0.1:${server.port}/health/live`)).rejects.toThrow('ECONNREFUSED')
  })
})

describe('the demo feed', () => {
  it.each(['127.0.0.1', ''])('is announced in one line with URLs that answer (HOST=%s)', async (host) => {
    const server = await aServer({ HOST: host })
    const notices = server.output.split('\n').filter((line) => line.includes('demo feed'))
    const urls = notices[0]?.match(/https?:\/\/\S+/g) ?? []

    expect(notices).toHaveLength(1)
    expect(notices[0]).toContain('REDIS_URL')
    expect(urls.length).toBeGreaterThan(2)
    for (const url of urls) expect([url, await statusOf(url)]).toEqual([url, 200])
  })

  it('streams scores and details by itself', async () => {
    const server = await aServer({})
    const eps = await openClient(server, { path: '/subscribe/eps' })
    const details = await openClient(server, { path: '/subscribe/details' })

    await eps.until('ten frames', ({ frames }) => frames >= 10)
    await details.until('ten frames', ({ frames }) => frames >= 10)

    expect(details.messages().every(({ event, data }) => event?.startsWith('stream.tweet_updates.') && JSON.parse(data))).toBe(true)
  })
})
