import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { Child } from '../../support/servers/child.js'
import { aConnection, aRedis, aServer, openClient } from '../../support/servers/fixtures.js'
import { untilReady } from '../../support/servers/probes.js'
import { eventually } from '../../support/waiting/eventually.js'

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url))
const run = promisify(execFile)

/** The output of `docker-compose config`, as far as the tests look. */
const composed = z.object({
  services: z.record(
    z.string(),
    z.object({
      command: z.array(z.string()).nullish(),
      environment: z.record(z.string(), z.string()).optional(),
      ports: z.unknown().optional(),
    }),
  ),
})

async function composedServices(environment: Readonly<Record<string, string>> = {}) {
  const env = { PATH: process.env['PATH'], ...environment }
  const { stdout } = await run('docker-compose', ['--file', `${PROJECT}docker-compose.yml`, 'config'], { env })
  return composed.parse(parse(stdout)).services
}

describe('docker-compose.yml', () => {
  it('is valid, and describes Redis, the server and a feed that find each other', async () => {
    const services = await composedServices()
    expect(Object.keys(services).sort()).toEqual(['feed', 'redis', 'streamer'])
    for (const name of ['streamer', 'feed']) expect(services[name]?.environment?.['REDIS_URL']).toBe('redis://redis:6379')
    expect(services['redis']?.ports).toBeUndefined()
  })

  it('hands the server the token that opens its admin page, where there is one', async () => {
    const tokenIn = async (env?: Record<string, string>) => (await composedServices(env))['streamer']?.environment?.['ADMIN_TOKEN']
    expect(await tokenIn({ ADMIN_TOKEN: 'of-whoever-starts-it' })).toBe('of-whoever-starts-it')
    expect(await tokenIn()).toBe('')
  })
})

describe('the feed of docker-compose.yml', () => {
  it('makes streams of sums and posts, and feeds again when Redis has been away', async () => {
    const redis = await aRedis()
    const server = await aServer({ REDIS_URL: redis.url })
    await untilReady(server, true)
    const [program, file, ...options] = (await composedServices())['feed']?.command ?? []
    expect(program).toBe('node')
    const feed = await Child.spawn(process.execPath, [`${PROJECT}${file}`, ...options], { PATH: process.env['PATH'], REDIS_URL: redis.url })
    onTestFinished(async () => void (await feed.kill()))

    const sums = await openClient(server, { path: '/subscribe/eps' })
    const posts = await openClient(server, { path: '/subscribe/details' })
    await sums.until('increments', ({ counts }) => counts.size > 3)
    await posts.until('a post', ({ frames }) => frames > 3)
    const { event = '', data = '' } = posts.messages()[0] ?? {}
    expect(event).toMatch(/^stream\.tweet_updates\.[0-9A-F-]+$/)
    expect(JSON.parse(data)).toMatchObject({ id: expect.any(String), text: expect.any(String), links: expect.any(Array) })

    await redis.restart()
    const connection = aConnection(redis.url)
    await eventually('the feed counts again', async () => (await connection.zcard('emojitrack_score')) > 3)
  })
})
