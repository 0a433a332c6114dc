import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Random, seededRandom } from '../../../src/common/core/seeded-random.js'
import { HoppingClient, type HoppingOptions } from '../../support/clients/hopping-client.js'
import { TcpProxy } from '../../support/proxies/tcp-proxy.js'
import { emojiIds } from '../../support/redis/emoji-weights.js'
import type { Feeder } from '../../support/redis/feeder.js'
import { RedisListener } from '../../support/redis/redis-listener.js'
import { scoresOf } from '../../support/redis/redis-scores.js'
import { aConnection, aFeeder, aRedis, aServer, openClients } from '../../support/servers/fixtures.js'
import { untilReady } from '../../support/servers/probes.js'
import { ServerProcess } from '../../support/servers/server-process.js'
import { positionsOf, untilShared } from '../../support/servers/shared-positions.js'
import { TEAM, untilTeamReady } from '../../support/servers/team.js'
import { eventually } from '../../support/waiting/eventually.js'

const PER_SECOND = 700
/** The most processes of a node: connections are dealt to them in turn. */
const WORKERS = 2
const HOPS = 50
const MAX_STAY_MS = 120
/** A client that comes to the later node is ahead of it. */
const LATENCY_MS = 60
const RETRY_MS = 20
const DEADLINE_MS = 15_000
/** Two nodes start while all others work. */
const KILLS_MS = 120_000
/** The most texts of a difference that an error shows. */
const SHOWN = 8
const [HOT = '', WARM = ''] = emojiIds

/** The content of Redis, and all of its messages since the clients came. */
interface Truth {
  readonly listener: RedisListener
  readonly scores: ReadonlyMap<string, number>
}

/** A stream that hops: what its client has in the end, and what it should have. */
interface Hopping extends HoppingOptions {
  readonly has: (client: HoppingClient) => readonly string[]
  readonly due: (truth: Truth) => readonly string[]
}

const counts = {
  has: (client: HoppingClient) => sorted(client.counts),
  due: ({ listener }: Truth) => sorted(listener.counts),
}
/** The sums of some ids alone. */
const countsOf = (...ids: readonly string[]) => ({
  has: counts.has,
  due: ({ listener }: Truth) => sorted(new Map([...listener.counts].filter(([id]) => ids.includes(id)))),
})
const totals = {
  has: (client: HoppingClient) => sorted(client.totals),
  due: ({ scores }: Truth) => sorted(scores),
}
const sorted = (numbers: ReadonlyMap<string, number>) => [...numbers].map(([id, count]) => `${id}=${count}`).sort()

/** Streams whose clients have totals at all times. */
const TOTALS: readonly Hopping[] = [
  { via: 'query', path: '/subscribe/eps?resume=1&snapshot=1', ...totals },
  { via: 'header', path: '/subscribe/eps?resume=1&totals=1', ...totals },
]

const STREAMS: readonly Hopping[] = [
  { via: 'header', path: '/subscribe/eps?resume=1', ...counts },
  { via: 'query', path: '/subscribe/eps?resume=1', ...counts },
  { via: 'header', path: '/subscribe/eps?resume=1&rate=10', ...counts },
  { via: 'header', path: `/subscribe/eps/${HOT}?resume=1`, ...countsOf(HOT) },
  { via: 'query', path: `/subscribe?stream=eps/${HOT}&stream=eps/${WARM}&stream=raw&resume=1`, ...countsOf(HOT, WARM) },
  { via: 'header', path: '/subscribe/raw?resume=1', has: ({ updates }) => updates, due: ({ listener }) => listener.updates },
  { via: 'query', path: '/subscribe/details?resume=1', has: ({ details }) => details, due: ({ listener }) => listener.details },
  {
    via: 'header',
    path: `/subscribe/details/${HOT}?resume=1`,
    has: ({ details }) => details,
    due: ({ listener }) => listener.detailsOf(HOT),
  },
  {
    via: 'header',
    path: `/subscribe?stream=eps&stream=raw&stream=details/${HOT}&resume=1`,
    has: (client) => [...counts.has(client), ...client.updates, ...client.details],
    due: (truth) => [...counts.due(truth), ...truth.listener.updates, ...truth.listener.detailsOf(HOT)],
  },
  ...TOTALS,
]

describe('a client that goes on elsewhere with its last event id', () => {
  it('has each update once after 50 hops between two nodes, one of which gets all of them later', async () => {
    const redis = await aRedis()
    const link = await TcpProxy.start(redis.port)
    onTestFinished(() => link.stop())
    const nodes = await Promise.all([redis, link].map(({ port }) => aServer({ REDIS_URL: `redis://127.0.0.1:${port}` })))
    const feeder = await aFeeder(redis.url)
    for (const node of nodes) await untilShared({ server: node, feeder })
    link.latencyMs = LATENCY_MS
    await expectExactHops(redis.url, feeder, nodes)
  })

  it(
    'has each update once where its nodes are killed, and others take their places',
    async () => {
      const redis = await aRedis()
      const feeder = await aFeeder(redis.url)
      const aSharedNode = async () => {
        const server = await ServerProcess.start({ REDIS_URL: redis.url })
        onTestFinished(async () => void (await server.stop()))
        await untilShared({ server, feeder })
        return server
      }
      const nodes = [await aSharedNode(), await aSharedNode()]
      const killed = [...nodes]
      await expectExactHops(redis.url, feeder, nodes, async () => {
        for (const node of killed) {
          node.signal('SIGKILL')
          nodes.splice(nodes.indexOf(node), 1)
          nodes.push(await aSharedNode())
        }
      })
      for (const node of killed) expect(await node.exited).toEqual({ code: null, signal: 'SIGKILL' })
    },
    KILLS_MS,
  )

  it('has each update once after 50 hops between two workers', async () => {
    const redis = await aRedis()
    const server = await aServer({ REDIS_URL: redis.url, ...TEAM })
    const feeder = await aFeeder(redis.url)
    await untilTeamReady(server)
    await untilShared({ server, feeder }, WORKERS)
    await expectExactHops(redis.url, feeder, [server])
  })

  it('has the totals of Redis in the end where all data are lost under it', async () => {
    const redis = await aRedis()
    const env = { REDIS_URL: redis.url, AUDIT_MS: '1000' }
    const nodes = await Promise.all([aServer(env), aServer(env)])
    const feeder = await aFeeder(redis.url)
    for (const server of nodes) await untilShared({ server, feeder })
    const epochs = await Promise.all(nodes.map(async (server) => (await positionsOf({ server })).epoch))
    const clients = TOTALS.map((stream) => new HoppingClient(stream))
    onTestFinished(() => {
      for (const client of clients) client.leave()
    })
    let isRenewed = false
    await feeder.runDuring(PER_SECOND, async () => {
      const hopping = clients.map((client, seed) => hopAround(client, nodes, seededRandom(seed + 1), () => isRenewed))
      await eventually('all clients have hopped', () => clients.every(({ connections }) => connections > 5))
      await aConnection(redis.url).flushall()
      for (const [index, server] of nodes.entries()) {
        await eventually('the node has the new data', async () => {
          const { mode, epoch } = await positionsOf({ server })
          return mode === 'shared' && epoch !== epochs[index]
        })
      }
      isRenewed = true
      await Promise.all(hopping)
    })
    const due = sorted(await scoresOf(redis.url))
    for (const [index, client] of clients.entries()) {
      await untilEqual(`client ${index}`, client, totals.has, due)
      expect(client.faults).toContain('reset {"reason":"unknown"}')
      expect(client.snapshots).toBeGreaterThan(1)
    }
  })

  it('goes on in the process that gave it a private id, and begins anew in any other one', async () => {
    const redis = await aRedis()
    const [node, other] = await Promise.all([aServer({ REDIS_URL: redis.url }), aServer({ REDIS_URL: redis.url })])
    for (const each of [node, other]) await untilReady(each, true)
    const feeder = await aFeeder(redis.url)
    const listener = await RedisListener.start(redis.url)
    const client = new HoppingClient({ path: '/subscribe/eps?resume=1', via: 'header' })
    onTestFinished(() => client.leave())
    await client.hop(node.port)
    // Messages without scores: no cut can agree with them.
    const publishing = (async () => {
      for (let n = 0; n < 100; n++) await Promise.all(Array.from({ length: 10 }, () => feeder.publish('stream.score_updates', HOT)))
    })()
    await hopAround(client, [node], seededRandom(1), (hops) => hops >= 10)
    await publishing
    await untilEqual('the sum', client, counts.has, counts.due({ listener, scores: new Map() }))

    await client.hop(other.port)
    await untilEqual('the reset', client, ({ faults }) => faults, ['reset {"reason":"unknown"}'])
  })
})

/** Lets a client of each stream hop while updates flow, and compares what each has with what Redis had. */
async function expectExactHops(
  url: string,
  feeder: Feeder,
  nodes: readonly Pick<ServerProcess, 'port'>[],
  meanwhile?: () => Promise<void>,
): Promise<void> {
  await untilFlushed(nodes, feeder)
  const listener = await RedisListener.start(url)
  const clients = STREAMS.map((stream) => ({ ...stream, client: new HoppingClient(stream) }))
  onTestFinished(() => {
    for (const { client } of clients) client.leave()
  })
  for (const { client } of clients) await hopOnce(client, nodes, seededRandom(0))

  let isQuiet = meanwhile === undefined
  const isDone = (hops: number) => hops >= HOPS && isQuiet
  await feeder.runDuring(PER_SECOND, () => {
    const disturbing = meanwhile?.().finally(() => {
      isQuiet = true
    })
    return Promise.all([disturbing, ...clients.map(({ client }, seed) => hopAround(client, nodes, seededRandom(seed + 1), isDone))])
  })
  expect(feeder.unacknowledged).toBe(0)
  await eventually('Redis has delivered all messages', () => listener.details.length === listener.updates.length)

  const truth = { listener, scores: await scoresOf(url) }
  for (const { client, path, via, has, due } of clients) {
    await untilEqual(`${path} by ${via}`, client, has, due(truth))
    expect([path, via, client.faults]).toEqual([path, via, []])
    expect(client.connections).toBeGreaterThan(HOPS)
  }
}

/** Waits until no update waits for a flush: a stream of eps begins with the last flush, and would have the update as well. */
async function untilFlushed(nodes: readonly Pick<ServerProcess, 'port'>[], feeder: Feeder): Promise<void> {
  const watchers = await Promise.all(nodes.map((node) => openClients(node, WORKERS, { path: '/subscribe/eps' })))
  await feeder.update('LAST')
  for (const watcher of watchers.flat()) await watcher.until('the last update', ({ counts }) => counts.has('LAST'))
}

/** Moves a client from node to node, and lets it stay for a moment on each, until it is done after so many hops. */
async function hopAround(
  client: HoppingClient,
  nodes: readonly Pick<ServerProcess, 'port'>[],
  random: Random,
  isDone: (hops: number) => boolean,
): Promise<void> {
  for (let hops = 0; !isDone(hops); hops++) {
    await delay(random() * MAX_STAY_MS)
    await hopOnce(client, nodes, random)
  }
}

/** Opens the next stream, on another node where one has just been killed. */
async function hopOnce(client: HoppingClient, nodes: readonly Pick<ServerProcess, 'port'>[], random: Random): Promise<void> {
  await eventually('a node takes the stream', async () => {
    const node = nodes[Math.floor(random() * nodes.length)]
    if (node === undefined) return false
    try {
      await client.hop(node.port)
      return true
    } catch {
      await delay(RETRY_MS)
      return false
    }
  })
}

async function untilEqual(
  what: string,
  client: HoppingClient,
  has: (client: HoppingClient) => readonly string[],
  due: readonly string[],
): Promise<void> {
  await eventually(
    what,
    () => {
      client.read()
      const difference = differenceOf(has(client), due)
      if (difference !== null) throw new Error(difference)
      return true
    },
    DEADLINE_MS,
  )
}

/** The first texts that one of two lists has alone, or the place where their order differs; null where the lists are equal. */
function differenceOf(has: readonly string[], due: readonly string[]): string | null {
  const at = due.findIndex((text, index) => has[index] !== text)
  if (at === -1 && has.length === due.length) return null
  const without = (list: readonly string[], others: ReadonlySet<string>) => list.filter((text) => !others.has(text)).slice(0, SHOWN)
  const surplus = without(has, new Set(due))
  const missing = without(due, new Set(has))
  return `${has.length} in place of ${due.length}, from ${at} on; surplus: ${surplus.join(' ')}; missing: ${missing.join(' ')}`
}
