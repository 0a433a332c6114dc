import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import type { RawClient } from '../../support/clients/raw-client.js'
import { LiveStack } from '../../support/servers/live-stack.js'
import { openStreams } from '../../support/servers/probes.js'
import { eventually } from '../../support/waiting/eventually.js'
import { afterOpening } from '../../support/wire/opening.js'

const HEARTBEAT_MS = 1_000
let stack: LiveStack

beforeAll(async () => {
  stack = await LiveStack.start({ HEARTBEAT_MS: String(HEARTBEAT_MS) })
})
afterEach(() => stack.closeClients())
afterAll(() => stack.stop())

const heartbeats = (client: RawClient) => client.blocks().filter(({ comments }) => comments.includes('keepalive')).length

it.each([
  ['eps', '1.1'],
  ['details/IDLE', '1.1'],
  ['raw', '1.0'],
] as const)('sends comments on %s over HTTP/%s while nothing else is sent, at the pace asked for', async (namespace, httpVersion) => {
  const client = await stack.open(`/subscribe/${namespace}`, { httpVersion })
  const start = performance.now()

  await client.until('three heartbeats', () => heartbeats(client) === 3, 30_000)
  const tookMs = performance.now() - start

  expect(afterOpening(client.body)).toBe(':keepalive\n\n'.repeat(3))
  // The order of magnitude: a heartbeat may come a little early, and a busy machine may hold it up.
  expect(tookMs).toBeGreaterThan(1.5 * HEARTBEAT_MS)
  expect(tookMs).toBeLessThan(15 * HEARTBEAT_MS)
})

it('sends no comments on streams that are busy, while the idle ones get theirs', async () => {
  const idle = await stack.open('/subscribe/details/NOBODY')
  const busy = await Promise.all(['eps', 'raw', 'details', 'details/BUSY'].map((name) => stack.open(`/subscribe/${name}`)))

  while (heartbeats(idle) < 2) {
    await stack.feeder.update('BUSY')
    await delay(5)
  }

  for (const client of busy) {
    expect(client.frames).toBeGreaterThan(10)
    expect(heartbeats(client)).toBe(0)
  }
})

it('sends heartbeats after a frame too, and counts frames alone', async () => {
  const client = await stack.open('/subscribe/details/COUNT', { headers: { 'User-Agent': 'counting' } })
  const sent = async () => (await openStreams(stack.server)).find(({ user_agent }) => user_agent === 'counting')?.msgs_sent

  await client.until('a heartbeat', () => heartbeats(client) > 0)
  expect(await sent()).toBe(0)

  const before = heartbeats(client)
  for (const n of ['1', '2']) await stack.feeder.publish('stream.tweet_updates.COUNT', n)
  await client.until('two frames', ({ frames }) => frames === 2)
  await client.until('another heartbeat', () => heartbeats(client) > before)

  expect(client.body).toMatch(/COUNT\ndata:1\n\n(?:.*\n)*event:.*COUNT\ndata:2\n\n(?::keepalive\n\n)+$/)
  // status.json may be a second old.
  await eventually('two frames are counted, and nothing else', async () => (await sent()) === 2)
})
