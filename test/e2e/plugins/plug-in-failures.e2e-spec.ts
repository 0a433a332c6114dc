import { expect, it } from 'vitest'
import { parseScrape } from '../../support/metrics/scrape.js'
import { SAMPLE_PLUG_IN } from '../../support/plugins/sample-plug-in.js'
import { aLiveServer, openClient } from '../../support/servers/fixtures.js'
import { statusOf, untilReady } from '../../support/servers/probes.js'
import { logLines } from '../../support/servers/server-log.js'
import { eventually } from '../../support/waiting/eventually.js'

it('survives whatever a plug-in does wrong, and logs and counts it', async () => {
  const { server, feeder } = await aLiveServer({ STREAMER_MODULES: SAMPLE_PLUG_IN })
  const client = await openClient(server, { path: '/subscribe/eps' })

  for (const id of ['THROW', 'THROW', 'REJECT', 'STRAY', 'TICK', 'SLOW']) await feeder.publish(`stream.tweet_updates.${id}`, 'x')
  expect(await statusOf(server, '/sample/fail')).toBe(500)

  const caught = async (): Promise<Record<string, number>> => {
    const scrape = parseScrape(await (await fetch(`${server.url}/metrics`)).text())
    return { handlers: scrape.value('emojitrack_handler_failures_total'), ...scrape.by('emojitrack_caught_failures_total', 'in') }
  }
  await eventually('a tick has failed', async () => Number((await caught())['timer']) >= 2)
  expect(await caught()).toEqual({ handlers: 3, timer: expect.any(Number), request: 1, promise: 1, check: 0, metric: 0, question: 0 })

  const said = (msg: string) => logLines(server).filter((line) => line.msg === msg)
  expect(said('a handler has thrown')).toMatchObject([{ context: 'EventBus', event: 'detail.received', err: { message: 'thrown' } }])
  expect(said('unhandled rejection in a plug-in')).toMatchObject([{ err: { message: 'stray' } }])
  expect(said('a handler is slow: it holds up the streams')).toMatchObject([
    { event: 'detail.received', handler: expect.stringMatching(/Sample\.onModuleInit .*sample-plug-in\.mjs/), tookMs: expect.any(Number) },
  ])
  expect(said('listening')).toContainEqual(expect.objectContaining({ context: 'Sample', level: 30 }))

  await feeder.update('AFTER')
  await client.until('the stream goes on', ({ counts }) => counts.get('AFTER') === 1)
})

it('takes the health checks of a plug-in into account, for readiness alone', async () => {
  const { server, feeder } = await aLiveServer({ STREAMER_MODULES: SAMPLE_PLUG_IN })
  await feeder.publish('stream.tweet_updates.ILL', 'x')
  await untilReady(server, false)
  const answer = await (await fetch(`${server.url}/health/ready`)).json()
  expect(answer).toMatchObject({ status: 'error', error: { sample: { status: 'down', message: 'not well' } } })
  expect(await statusOf(server, '/health/live')).toBe(200)
})

it('takes a health check that throws for one that has failed, and says no more than that', async () => {
  const { server, feeder } = await aLiveServer({ STREAMER_MODULES: SAMPLE_PLUG_IN })
  await feeder.publish('stream.tweet_updates.SICK', 'x')
  await untilReady(server, false)
  const answer = await (await fetch(`${server.url}/health/ready`)).text()
  expect(JSON.parse(answer)).toMatchObject({ error: { sample: { status: 'down', message: 'failed' } } })
  expect(answer).not.toContain('sick')
  const scrape = parseScrape(await (await fetch(`${server.url}/metrics`)).text())
  expect(scrape.by('emojitrack_caught_failures_total', 'in')['check']).toBeGreaterThan(0)
  expect(logLines(server)).toContainEqual(
    expect.objectContaining({ msg: 'a health check has failed', check: 'sample', err: expect.objectContaining({ message: 'sick' }) }),
  )
})

it('leaves a metric that throws out of the scrape, and no other', async () => {
  const { server, feeder } = await aLiveServer({ STREAMER_MODULES: SAMPLE_PLUG_IN })
  const scrape = async () => (await fetch(`${server.url}/metrics`)).text()
  expect(await scrape()).toContain('\nsample_voice 1\n')
  await feeder.publish('stream.tweet_updates.MUTE', 'x')
  await eventually('it is left out', async () => !(await scrape()).includes('sample_voice'))
  const text = await scrape()
  expect(text).toContain('\nsample_details_total 1\n')
  expect(parseScrape(text).by('emojitrack_caught_failures_total', 'in')['metric']).toBeGreaterThan(0)
  expect(logLines(server)).toContainEqual(
    expect.objectContaining({ msg: 'a metric could not be read, and is left out', metric: 'sample_voice' }),
  )
})

it('starts although a constructor of a plug-in has left a rejected promise behind, and logs and counts it', async () => {
  const plugIn = `
class Stray { constructor() { void Promise.reject(new Error('stray at the start')) } }
export default { module: class StrayModule {}, providers: [Stray] }
`
  const { server } = await aLiveServer({ STREAMER_MODULES: './stray.mjs' }, { 'stray.mjs': plugIn })
  const scrape = parseScrape(await (await fetch(`${server.url}/metrics`)).text())
  expect(scrape.value('emojitrack_caught_failures_total', { in: 'promise' })).toBe(1)
  expect(logLines(server)).toContainEqual(
    expect.objectContaining({ context: 'PlugIns', err: expect.objectContaining({ message: 'stray at the start' }) }),
  )
})
