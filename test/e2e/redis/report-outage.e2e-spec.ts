import { expect, it } from 'vitest'
import { REPORTS, statesOf } from '../../support/servers/cluster.js'
import { aConnection, aFeeder, aLiveServer, openClient } from '../../support/servers/fixtures.js'
import { complaints } from '../../support/servers/server-log.js'
import type { ServerProcess } from '../../support/servers/server-process.js'
import { eventually } from '../../support/waiting/eventually.js'

const REPORT_MS = 200
const HEARTBEAT_MS = 300

interface Failures {
  readonly report_failures: number
}

async function failuresOf(server: ServerProcess): Promise<number> {
  const answer = await fetch(`${server.url}/admin/status.json`, { headers: { connection: 'close' } })
  return ((await answer.json()) as Failures).report_failures
}

const warningsOf = (server: ServerProcess) => complaints(server).filter(({ msg }) => msg === 'the report could not be written to Redis')

it('while Redis is dead the streams continue, failures are counted and logged once; reports return with it', async () => {
  const { redis, server } = await aLiveServer({ NODE_NAME: 'one', REPORT_MS: String(REPORT_MS), HEARTBEAT_MS: String(HEARTBEAT_MS) })
  const client = await openClient(server, { path: '/subscribe/eps' })
  await redis.kill()

  await eventually('some reports have failed', async () => (await failuresOf(server)) >= 3)
  const { length } = client.blocks()
  await client.until('heartbeats go on', () => client.blocks().length >= length + 2)
  expect(warningsOf(server)).toHaveLength(1)
  // The report lacks the other nodes, never its own.
  expect(await statesOf(server)).toEqual([['nest-development-one', 'ok']])

  await redis.restart()
  const commands = aConnection(redis.url)
  await eventually('it reports again', async () => (await commands.hlen(REPORTS)) === 1, 20_000)
  const feeder = await aFeeder(redis.url)
  await eventually('the stream goes on', async () => {
    await feeder.update('BACK')
    return client.counts.has('BACK')
  })
})

it('while Redis hangs the streams continue and reports fail, and a stop is not held up', async () => {
  const { redis, server } = await aLiveServer({ REPORT_MS: String(REPORT_MS), HEARTBEAT_MS: String(HEARTBEAT_MS) })
  const client = await openClient(server, { path: '/subscribe/eps' })
  const commands = aConnection(redis.url)
  await eventually('it has reported', async () => (await commands.hlen(REPORTS)) === 1)
  await redis.pause()

  await eventually('a report has failed', async () => (await failuresOf(server)) >= 1)
  const { length } = client.blocks()
  await client.until('heartbeats go on', () => client.blocks().length >= length + 2)
  expect(await statesOf(server)).toHaveLength(1)

  const stopping = performance.now()
  expect(await server.stop()).toEqual({ code: 0, signal: null })
  expect(performance.now() - stopping).toBeLessThan(5_000)
  // In order, not by the last resort.
  expect(server.output).not.toContain('shutdown timed out')
})
