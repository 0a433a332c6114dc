import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RawClient } from '../../support/clients/raw-client.js'
import { TcpProxy } from '../../support/proxies/tcp-proxy.js'
import { Feeder } from '../../support/redis/feeder.js'
import { RedisServer } from '../../support/redis/redis-server.js'
import { untilWhole } from '../../support/servers/positions.js'
import { untilReady } from '../../support/servers/probes.js'
import { ServerProcess } from '../../support/servers/server-process.js'
import { eventually } from '../../support/waiting/eventually.js'
import type { SseMessage } from '../../support/wire/sse-parser.js'

const IDS = ['1F602', '2665', '1F4C2']
/** As many updates as it takes until a second cut verifies the first, and some more. */
const UPDATES_TO_SHARE = 130
/** Of the second node, which has room for few details. */
const HISTORY_BYTES = 4000

/** Nothing listens there. */
const CLOSED_PORT = 1

let redis: RedisServer
let link: TcpProxy
/** Two nodes on one Redis, the first one through a link that can break. */
let nodes: readonly [ServerProcess, ServerProcess]
let feeder: Feeder
/** Everything that was published, in order. */
const updates: string[] = []
const details: string[] = []

const detailOf = (id: string, n: number) => `stream.tweet_updates.${id}={"n":${n}}`

async function publish(count: number, pauseMs = 0): Promise<void> {
  for (let n = 0; n < count; n++) {
    const id = IDS[updates.length % IDS.length] ?? ''
    details.push(detailOf(id, updates.length))
    updates.push(id)
    await feeder.update(id, `{"n":${updates.length - 1}}`)
    if (pauseMs > 0) await delay(pauseMs)
  }
}

const modeOf = async ({ url }: ServerProcess): Promise<string> => {
  const status = await fetch(`${url}/admin/status.json`)
  return JSON.parse(await status.text()).positions.mode
}

const untilShared = (node: ServerProcess) => eventually('positions are shared', async () => (await modeOf(node)) === 'shared', 20_000)

beforeAll(async () => {
  redis = await RedisServer.start()
  link = await TcpProxy.start(redis.port)
  const env = { ENABLE_KIOSK_INTERACTION_STREAM: 'true', DRAIN_S: '0' }
  nodes = [
    await ServerProcess.start({ ...env, REDIS_URL: `redis://127.0.0.1:${link.port}` }),
    await ServerProcess.start({ ...env, REDIS_URL: redis.url, DETAIL_HISTORY_BYTES: String(HISTORY_BYTES) }),
  ]
  feeder = await Feeder.connect(redis.url)
  for (const node of nodes) await untilReady(node, true)
  // The updates that verify a cut come after it.
  await eventually('positions are shared', async () => {
    await publish(UPDATES_TO_SHARE)
    return (await Promise.all(nodes.map(modeOf))).every((mode) => mode === 'shared')
  })
  await untilWhole(redis, ...nodes)
})

afterAll(async () => {
  feeder.close()
  for (const node of nodes) expect(await node.stop()).toEqual({ code: 0, signal: null })
  await link.stop()
  await redis.stop()
})

interface Connection {
  readonly client: RawClient
  /** The id after which the next connection goes on. */
  lastId(): string
  messages(): readonly SseMessage[]
}

/** Opens a stream that resumes: with its id in a header or in the query, or from now. */
async function open(node: ServerProcess, path: string, lastId?: string, way: 'header' | 'query' = 'header'): Promise<Connection> {
  const query = lastId !== undefined && way === 'query' ? `last_event_id=${lastId}` : 'resume=1'
  const headers = lastId !== undefined && way === 'header' ? { 'Last-Event-ID': lastId } : {}
  const client = await RawClient.connect(node.port, { path: `${path}${path.includes('?') ? '&' : '?'}${query}`, headers })
  await client.until('the id of the opening', (answer) => answer.blocks().some(({ id }) => id !== undefined))
  return {
    client,
    lastId: () => client.blocks().findLast(({ id }) => id !== undefined)?.id ?? '',
    messages: () => client.messages(),
  }
}

/** Waits until a stream of eps begins after all that was published. */
const untilFlushed = (node: ServerProcess) =>
  eventually('the last update is flushed', async () => {
    const streams = [await open(node, '/subscribe/raw'), await open(node, '/subscribe/eps')]
    for (const { client } of streams) client.close()
    return streams[0]?.lastId() === streams[1]?.lastId()
  })

const textOf = ({ event, data }: SseMessage) => `${event ?? ''}=${data}`

describe('a stream of details that resumes', () => {
  it.each([
    ['header', 'details/2665'],
    ['query', 'details/2665'],
    ['header', 'details'],
    ['query', 'details'],
  ] as const)('with its id in the %s gets each message of %s once and in order, on either node', async (way, namespace) => {
    const first = await open(nodes[0], `/subscribe/${namespace}`)
    const from = details.length
    await publish(9)
    const wanted = () => details.slice(from).filter((text) => namespace === 'details' || text.includes('.2665='))
    await first.client.until('two messages', () => first.messages().length >= 2)
    const got = first.messages().slice(0, 2)
    first.client.close()

    await publish(6)
    for (const node of nodes) {
      const next = await open(node, `/subscribe/${namespace}`, got[1]?.id, way)
      await next.client.until('all messages', () => next.messages().length >= wanted().length - 2)
      expect([...got, ...next.messages()].map(textOf)).toEqual(wanted())
      next.client.close()
    }
  })

  it('from before the first message of the connection loses nothing', async () => {
    const first = await open(nodes[0], '/subscribe/details')
    const from = details.length
    first.client.close()
    await publish(3)
    const next = await open(nodes[1], '/subscribe/details', first.lastId(), 'query')
    await next.client.until('all messages', () => next.messages().length >= 3)
    expect(next.messages().map(textOf)).toEqual(details.slice(from))
    next.client.close()
  })

  it('gets the event gap where the history no longer holds all, and then what it holds', async () => {
    const first = await open(nodes[1], '/subscribe/details')
    first.client.close()
    const witness = await open(nodes[1], '/subscribe/raw')
    await publish(60)
    await witness.client.until('the node has received all', () => witness.messages().length >= 60)
    witness.client.close()
    const next = await open(nodes[1], '/subscribe/details', first.lastId())
    await next.client.until('the newest message', () =>
      next
        .messages()
        .map(textOf)
        .includes(details.at(-1) ?? ''),
    )
    const [gap, ...rest] = next.messages()
    expect(gap).toMatchObject({ event: 'gap', data: '{"missed":null}', id: first.lastId() })
    expect(rest.map(textOf)).toEqual(details.slice(-rest.length))
    expect(rest.length).toBeGreaterThan(5)
    expect(rest.length).toBeLessThan(60)
    next.client.close()
    const whole = await open(nodes[0], '/subscribe/details', first.lastId())
    await whole.client.until('all messages', () => whole.messages().length >= 60)
    expect(whole.messages().map(textOf)).toEqual(details.slice(-60))
    whole.client.close()
  })
})

it('a stream of kiosk_interaction that resumes has a gap of unknown size', async () => {
  const first = await open(nodes[0], '/subscribe/kiosk_interaction')
  first.client.close()
  const next = await open(nodes[1], '/subscribe/kiosk_interaction', first.lastId())
  await next.client.until('the gap', () => next.messages().length > 0)
  expect(next.messages()).toMatchObject([{ event: 'gap', data: '{"missed":null}' }])
  next.client.close()
})

it.each([
  ['raw', '/subscribe/raw'],
  ['details', '/subscribe/details'],
  ['multiplexed', '/subscribe?stream=eps&stream=raw&stream=details'],
  ['multiplexed, of an id', '/subscribe?stream=details/2665&stream=eps'],
])('%s streams lose and double nothing over many hops between the nodes, while updates flow', async (_name, path) => {
  await untilFlushed(nodes[0])
  const from = updates.length
  let connection = await open(nodes[0], path)
  const got: SseMessage[] = []
  const publishing = publish(400, 4)
  for (let hop = 1; hop <= 12; hop++) {
    await connection.client.until('some messages', () => connection.messages().length >= 1 + (hop % 5))
    // Not the last ones: whatever a client has received, it goes on after that.
    const part = connection.messages().slice(0, 1 + (hop % 7))
    got.push(...part)
    connection.client.close()
    connection = await open(nodes[hop % 2] ?? nodes[0], path, part.at(-1)?.id, hop % 3 === 0 ? 'query' : 'header')
  }
  await publishing
  const has = (namespace: string) => path.includes(namespace)
  const of = (event: (name: string) => boolean) => [...got, ...connection.messages()].filter((message) => event(message.event ?? ''))
  const sums = () => {
    const total: Record<string, number> = {}
    for (const { data } of of((name) => name === 'eps'))
      for (const [id, count] of Object.entries<number>(JSON.parse(data))) total[id] = (total[id] ?? 0) + count
    return total
  }
  const wanted: Record<string, number> = {}
  for (const id of updates.slice(from)) wanted[id] = (wanted[id] ?? 0) + 1
  const raw = () => of((name) => name === 'raw' || name === '').map(({ data }) => data)
  const messages = () => of((name) => name.startsWith('stream.')).map(textOf)
  const texts = details.slice(from).filter((text) => !has('details/2665') || text.includes('.2665='))

  if (has('eps')) await eventually('all increments', () => Object.values(sums()).reduce((a, b) => a + b, 0) >= 400)
  if (has('details')) await eventually('all messages', () => messages().length >= texts.length)
  if (has('raw')) await eventually('all updates', () => raw().length >= 400)
  connection.client.close()
  expect(sums()).toEqual(has('eps') ? wanted : {})
  expect(messages()).toEqual(has('details') ? texts : [])
  expect(raw()).toEqual(has('raw') ? updates.slice(from) : [])
  expect(of((name) => name === 'gap' || name === 'reset')).toEqual([])
})

it('streams that resume have a gap where an outage was healed, and plain ones do not', async () => {
  const paths = ['/subscribe/raw', '/subscribe/details/2665', '/subscribe?stream=raw&stream=details']
  const streams = await Promise.all(paths.map((path) => open(nodes[0], path)))
  const plain = await RawClient.connect(nodes[0].port, { path: '/subscribe/raw' })
  await plain.opened
  const whole = await open(nodes[1], '/subscribe/raw')
  const before = updates.length
  link.retarget(CLOSED_PORT)
  link.resetAll()
  await publish(9)
  link.retarget(redis.port)
  await eventually('the node is subscribed again', async () => {
    await publish(1)
    return plain.frames > 0
  })
  await untilShared(nodes[0])
  const gapsOf = ({ messages }: Connection) => messages().filter(({ event }) => event === 'gap')
  const [raw, detail, both] = streams
  if (raw === undefined || detail === undefined || both === undefined) throw new Error('a stream is missing')
  await raw.client.until('the gap', () => gapsOf(raw).length > 0)
  await detail.client.until('the gap', () => gapsOf(detail).length > 0)
  await both.client.until('both gaps', () => gapsOf(both).length > 1)

  const missed = gapsOf(raw).reduce((sum, { data }) => sum + JSON.parse(data).missed, 0)
  expect(missed).toBeGreaterThanOrEqual(9)
  await eventually('every update is in one of them', () => raw.messages().length - gapsOf(raw).length + missed === updates.length - before)
  expect(gapsOf(detail)).toMatchObject([{ data: '{"missed":null}' }])
  expect(gapsOf(both).map(({ data }) => JSON.parse(data).missed)).toEqual(expect.arrayContaining([null]))
  expect(plain.messages().some(({ event }) => event === 'gap')).toBe(false)
  await whole.client.until('all updates', () => whole.messages().length >= updates.length - before)
  expect(whole.messages().map(({ data }) => data)).toEqual(updates.slice(before))
  for (const { client } of [...streams, whole]) client.close()
  plain.close()
})
