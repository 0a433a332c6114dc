import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { firstMessages } from '../../support/clients/first-messages.js'
import { RawClient, type RawClientOptions } from '../../support/clients/raw-client.js'
import type { Feeder } from '../../support/redis/feeder.js'
import { addScores } from '../../support/redis/score-counts.js'
import { LiveStack } from '../../support/servers/live-stack.js'

/**
 * The published acceptance checks of the streaming API, on raw bytes. With STREAM_SERVER=http://host:port they test that server, which
 * needs live traffic that includes the id 2665; without it, they test ours on a Redis of its own.
 */
const FOREIGN = process.env['STREAM_SERVER']
const ID = '2665'
const LIVE_MS = 30_000
const STREAMS = ['/subscribe/raw', '/subscribe/eps', `/subscribe/details/${ID}`]
const CONTRACT = ['content-type', 'cache-control', 'connection', 'access-control-allow-origin']

let target: URL
let stop = async (): Promise<void> => undefined

beforeAll(async () => {
  target = new URL(FOREIGN ?? (await startOurs()))
  if (target.protocol !== 'http:') throw new Error('STREAM_SERVER must look like http://host:port')
})
afterAll(() => stop())

async function startOurs(): Promise<string> {
  const stack = await LiveStack.start()
  const feeding = new AbortController()
  const fed = feed(stack.feeder, feeding.signal)
  stop = async () => {
    feeding.abort()
    await fed
    await stack.stop()
  }
  return stack.server.url
}

/** About 400 updates a second, one by one: each waits for the answer to the one before. */
async function feed(feeder: Feeder, signal: AbortSignal): Promise<void> {
  for (let n = 0; !signal.aborted; n++) {
    await feeder.update(n % 2 === 0 ? ID : '1F602')
    await delay(2)
  }
}

/** Sends a request and waits for the head of its answer. */
async function request(path: string, options: RawClientOptions = {}): Promise<RawClient> {
  const client = await RawClient.connect(Number(target.port || 80), { host: target.hostname.replace(/[[\]]/g, ''), path, ...options })
  onTestFinished(() => client.close())
  await client.until('the head', ({ head }) => head, LIVE_MS)
  return client
}

/** Opens a stream and waits for some messages of the live traffic. */
async function messagesOf(path: string) {
  const client = await request(path)
  await client.until('three messages', ({ frames }) => frames >= 3, LIVE_MS)
  return { client, messages: client.messages() }
}

const contractHeaders = ({ head }: RawClient) => Object.fromEntries(CONTRACT.map((name) => [name, head?.headers.get(name)]))

describe(`streaming API of ${FOREIGN ?? 'this server'}`, () => {
  describe.each(STREAMS)('%s', (path) => {
    it('answers GET with 200 and the headers of an event stream', async () => {
      const client = await request(path)

      expect(client.head?.status).toBe(200)
      expect(contractHeaders(client)).toEqual({
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-cache',
        connection: 'keep-alive',
        'access-control-allow-origin': '*',
      })
    })

    it('answers HEAD with the same status and headers, and ends there', async () => {
      const head = await request(path, { method: 'HEAD' })
      const get = await request(path)

      expect(head.head?.status).toBe(get.head?.status)
      expect(contractHeaders(head)).toEqual(contractHeaders(get))
      // Either the connection ends, or the next bytes on it are the next answer.
      head.write(`GET /admin/status.json HTTP/1.1\r\nHost: ${target.host}\r\nConnection: close\r\n\r\n`)
      await head.closed
      expect(head.surplus.toString('latin1')).toMatch(/^(?:HTTP\/1\.1 |$)/)
    })

    it('sends messages with data and without an id', async () => {
      const { messages } = await messagesOf(path)

      for (const message of messages) expect(message).toMatchObject({ data: expect.stringMatching(/./), id: undefined, ignored: [] })
    })

    it('writes no space after the colon of a field', async ({ skip }) => {
      skip(FOREIGN !== undefined, 'clients cannot tell, so other servers may')

      expect((await messagesOf(path)).client.body).not.toMatch(/^\w+: /m)
    })
  })

  it('names no event on raw, whose data is an id', async () => {
    const { messages } = await messagesOf('/subscribe/raw')

    for (const { event, data } of messages) {
      expect(event).toBeUndefined()
      expect(data).toMatch(/^[0-9A-F]{4,6}(?:-[0-9A-F]{4,6})*$/)
    }
  })

  it.each(Array.from({ length: 10 }, (_, n) => n + 1))('sends one message in the first piece of raw, time %d', async () => {
    expect(await firstMessages(new URL('/subscribe/raw', target))).toBe(1)
  })

  it('names no event on eps, whose data is a JSON map of ids to positive whole increments', async () => {
    const { messages } = await messagesOf('/subscribe/eps')

    for (const { event, data } of messages) {
      expect(event).toBeUndefined()
      expect(() => addScores(new Map(), data)).not.toThrow()
    }
  })

  it('names the channel of the id as the event of details, whose data is JSON', async () => {
    const { messages } = await messagesOf(`/subscribe/details/${ID}`)

    for (const { event, data } of messages) {
      expect(event).toBe(`stream.tweet_updates.${ID}`)
      expect(JSON.parse(data)).toBeTypeOf('object')
    }
  })

  it('reports on itself at /admin/status.json', async () => {
    const stream = await request(`/subscribe/details/${ID}`)
    await stream.until('a message', ({ frames }) => frames > 0, LIVE_MS)
    const answer = await request('/admin/status.json', { headers: { Connection: 'close' } })
    await answer.ended
    const [number, string] = [expect.any(Number), expect.any(String)]

    expect(answer.head?.status).toBe(200)
    expect(answer.head?.headers.get('content-type')).toMatch(/^application\/json\b/)
    const status = JSON.parse(answer.body)
    expect(status).toMatchObject({ node: string, status: 'OK', reported_at: number, startup_time: number, msgs_broadcast: number })
    for (const connection of status.connections) {
      expect(connection).toMatchObject({ request_path: string, namespace: string, created_at: number, age: number })
      expect(connection).toMatchObject({ client_ip: string, user_agent: string, msgs_sent: number })
      expect(connection.tag).toSatisfy((tag: unknown) => tag === null || typeof tag === 'string')
    }
    expect(status.connections).toContainEqual(
      expect.objectContaining({ request_path: `/subscribe/details/${ID}`, namespace: `/details/${ID}`, tag: ID }),
    )
  })
})
