import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import { SchedulerRegistry } from '@nestjs/schedule'
import { afterEach, expect, it } from 'vitest'
import { createApp } from '../../../src/bootstrap/serve.js'
import { parseConfig } from '../../../src/common/config/parse-config.js'
import { EventBus } from '../../../src/common/event-bus/event-bus.js'
import { RawClient } from '../../support/clients/raw-client.js'
import { aFeeder, aRedis } from '../../support/servers/fixtures.js'
import { eventually } from '../../support/waiting/eventually.js'

/** The resources that end with the test, the newest first. */
const ends: (() => unknown)[] = []

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** The application in this process, listening on a free port. */
async function anApp(variables: Record<string, string>) {
  const machine = { hostname: 'here', cores: 1, worker: null, readText: () => undefined }
  const app = await createApp(parseConfig({ LOG_LEVEL: 'silent', DRAIN_S: '0', ...variables }, machine))
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= app.close()
    return closing
  }
  ends.push(close)
  await app.listen({ port: 0, host: '127.0.0.1' })
  return { app, port: Number(new URL(await app.getUrl()).port), timers: app.get(SchedulerRegistry), close }
}

const namesOf = (timers: SchedulerRegistry) => ({
  intervals: [...timers.getIntervals()].sort(),
  timeouts: [...timers.getTimeouts()].sort(),
  crons: [...timers.getCronJobs().keys()],
})

const NONE = { intervals: [], timeouts: [], crons: [] }

it('gives every timer a name: those of the demo feed', async () => {
  const { app, timers, close } = await anApp({})

  expect(namesOf(timers)).toMatchObject({ intervals: ['connections', 'demo-feed', 'heartbeat'], crons: [] })
  updateTwice(app)
  expect(namesOf(timers).timeouts).toEqual(['flush'])

  await close()
  expect(namesOf(timers)).toEqual(NONE)
})

it('gives every timer a name: those with Redis, where updates alone start the flush', async () => {
  const redis = await aRedis()
  const { app, port, timers, close } = await anApp({ REDIS_URL: redis.url })
  const client = await RawClient.connect(port, { path: '/subscribe/eps' })
  ends.push(() => client.close())
  await client.opened

  const intervals = ['admin-report', 'connections', 'heartbeat', 'redis-check', 'replica-check']
  await eventually(
    'the first cut is made',
    () => expect(namesOf(timers)).toEqual({ intervals, timeouts: ['cut-audit'], crons: [] }) ?? true,
  )

  const feeder = await aFeeder(redis.url)
  await eventually('updates come and are flushed', async () => {
    await feeder.update('1F602')
    return client.counts.has('1F602')
  })
  updateTwice(app)
  // With eps subscribers alone, the server reads Redis once for each flush.
  const { timeouts, ...others } = namesOf(timers)
  expect(others).toEqual({ intervals, crons: [] })
  // A cut may be waiting for its marker.
  expect(timeouts.filter((name) => name !== 'cut-marker')).toEqual(['cut-audit', 'flush', 'redis-read'])

  await close()
  expect(namesOf(timers)).toEqual(NONE)
})

it('gives every timer a name: that of the reports to Graphite', async () => {
  const { timers, close } = await anApp({ GRAPHITE_URL: 'tcp://127.0.0.1:1' })

  expect(namesOf(timers)).toMatchObject({ intervals: ['connections', 'demo-feed', 'graphite-report', 'heartbeat'], crons: [] })

  await close()
  expect(namesOf(timers)).toEqual(NONE)
})

it('needs no timer for a subscriber', async () => {
  const { port, timers } = await anApp({})

  const clients = await Promise.all(Array.from({ length: 50 }, () => RawClient.connect(port, { path: '/subscribe/eps' })))
  ends.push(() => clients.forEach((client) => void client.close()))
  for (const client of clients) await client.until('a frame', ({ frames }) => frames > 0)

  const { intervals, timeouts } = namesOf(timers)
  expect(intervals).toEqual(['connections', 'demo-feed', 'heartbeat'])
  expect(['catch-up', 'flush']).toEqual(expect.arrayContaining(timeouts))
})

it('needs the timer of the admin page only while somebody watches', async () => {
  const { port, timers } = await anApp({})
  const watches = () => namesOf(timers).intervals.includes('admin-live')
  expect(watches()).toBe(false)

  const clients = await Promise.all([1, 2].map(() => RawClient.connect(port, { path: '/admin/live' })))
  ends.push(() => clients.forEach((client) => void client.close()))
  for (const client of clients) await client.until('a report', ({ body }) => body.includes('data:'))
  expect(watches()).toBe(true)

  for (const client of clients) client.close()
  await eventually('the timer has gone', () => !watches())
})

it('leaves no timer behind when updates still come while it closes', async () => {
  const { app, timers, close } = await anApp({ REDIS_URL: 'redis://127.0.0.1:1' })
  // The HTTP server closes after the timers have been ended and before Redis is left.
  app.getHttpServer().once('close', () => updateTwice(app))

  await close()

  expect(namesOf(timers)).toEqual(NONE)
})

/** The first update may be flushed at once; the second waits for its deadline. */
function updateTwice(app: NestFastifyApplication): void {
  for (const id of ['first', 'second']) app.get(EventBus).emit('scores.received', { ids: [Buffer.from(id)] })
}
