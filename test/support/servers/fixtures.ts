import { Redis } from 'ioredis'
import { onTestFinished } from 'vitest'
import { RawClient, type RawClientOptions } from '../clients/raw-client.js'
import { CarbonServer } from '../metrics/carbon-server.js'
import { Feeder } from '../redis/feeder.js'
import { RedisServer, type RedisServerOptions } from '../redis/redis-server.js'
import type { Files } from './child.js'
import { untilReady } from './probes.js'
import { type ServerEnv, ServerProcess } from './server-process.js'

/** A listener on a port of loopback: a server, or a proxy in front of it. */
type Listener = Pick<ServerProcess, 'port'>

const OUTPUT_TAIL = 2_000

/** A Redis that ends with the test. */
export async function aRedis(options?: RedisServerOptions): Promise<RedisServer> {
  const redis = await RedisServer.start(options)
  onTestFinished(() => redis.stop())
  return redis
}

/** A Carbon that ends with the test. */
export async function aCarbon(): Promise<CarbonServer> {
  const carbon = await CarbonServer.start()
  onTestFinished(() => carbon.stop())
  return carbon
}

/** A server that ends with the test, which fails if it has crashed by then or does not stop in order. */
export async function aServer(env: ServerEnv, files?: Files, openFiles?: number): Promise<ServerProcess> {
  const server = await ServerProcess.start(env, files, openFiles)
  onTestFinished(async () => {
    const { code, signal } = await server.stop()
    if (code !== 0) throw new Error(`the server ended with ${signal ?? `code ${code}`}: ${server.output.slice(-OUTPUT_TAIL)}`)
  })
  return server
}

/** A server that is subscribed to a Redis of its own, with a feeder; all of it ends with the test. */
export async function aLiveServer(
  env: ServerEnv = {},
  files?: Files,
  openFiles?: number,
): Promise<{ redis: RedisServer; server: ServerProcess; feeder: Feeder }> {
  const redis = await aRedis()
  const server = await aServer({ REDIS_URL: redis.url, ...env }, files, openFiles)
  await untilReady(server, true)
  return { redis, server, feeder: await aFeeder(redis.url) }
}

/** A feeder that ends with the test. */
export async function aFeeder(url: string): Promise<Feeder> {
  const feeder = await Feeder.connect(url)
  onTestFinished(() => feeder.close())
  return feeder
}

/** A connection to Redis for commands, which ends with the test. */
export function aConnection(url: string): Redis {
  // It reconnects by itself where a test stops its Redis.
  const redis = new Redis(url).on('error', () => undefined)
  onTestFinished(() => redis.disconnect())
  return redis
}

/** A connection to a server that ends with the test; nothing has come over it yet. */
export async function aClient(server: Listener, options: RawClientOptions): Promise<RawClient> {
  const client = await RawClient.connect(server.port, options)
  onTestFinished(() => client.close())
  return client
}

/** Many open connections to the same path. They count the bytes that they receive, and keep them only if `options` asks for it. */
export async function openClients(server: Listener, count: number, options: RawClientOptions): Promise<RawClient[]> {
  const clients = await Promise.all(Array.from({ length: count }, () => aClient(server, { keepBody: false, ...options })))
  await Promise.all(clients.map((client) => client.opened))
  return clients
}

/** One open connection. */
export async function openClient(server: Listener, options: RawClientOptions): Promise<RawClient> {
  const client = await aClient(server, options)
  await client.opened
  return client
}
