import { EventSource } from 'eventsource'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { parseScrape } from '../../support/metrics/scrape.js'
import { SAMPLE_PLUG_IN } from '../../support/plugins/sample-plug-in.js'
import { added, expectSums } from '../../support/redis/exact-sums.js'
import { flood, rounds } from '../../support/redis/flood.js'
import { addScores } from '../../support/redis/score-counts.js'
import { aLiveServer, openClient, openClients } from '../../support/servers/fixtures.js'
import { LiveStack } from '../../support/servers/live-stack.js'
import { openStreams } from '../../support/servers/probes.js'
import { complaints } from '../../support/servers/server-log.js'
import { aTeam } from '../../support/servers/team.js'
import { eventually } from '../../support/waiting/eventually.js'
import { afterOpening } from '../../support/wire/opening.js'

const ENV = { STREAMER_MODULES: SAMPLE_PLUG_IN }

const doubled = (published: ReadonlyMap<string, number>) => added(published, published)

describe('the namespaces of a plug-in', () => {
  let stack: LiveStack

  beforeAll(async () => {
    stack = await LiveStack.start(ENV)
  })
  afterEach(() => stack.closeClients())
  afterAll(() => stack.stop())

  it('are served as any other, with the same headers', async () => {
    for (const name of ['votes', 'newest', 'messages']) {
      const [own, eps] = [await stack.open(`/subscribe/${name}`), await stack.open('/subscribe/eps')]
      const headers = (client: typeof own) => [...(client.head?.headers ?? [])].filter(([header]) => header !== 'date')
      expect(own.head?.status).toBe(200)
      expect(headers(own)).toEqual(headers(eps))
      const head = await stack.answer(`/subscribe/${name}`, { method: 'HEAD' })
      expect(head.head?.status).toBe(200)
    }
  })

  it('carry the headers of its hooks, a line for each element of a list, in the same head for GET and HEAD', async () => {
    const headers = { 'X-Sample-Headers': '{"set-cookie":["a=1","b=2"],"x-latin":"\\u00e9","x-count":3}' }
    const stream = await stack.open('/subscribe/votes', { headers })
    const head = await stack.answer('/subscribe/votes', { method: 'HEAD', headers })
    const lines = ({ received }: typeof head) => (received.toString('latin1').split('\r\n\r\n')[0] ?? '').split('\r\n')
    expect(lines(stream)).toEqual(expect.arrayContaining(['set-cookie: a=1', 'set-cookie: b=2', 'x-latin: é', 'x-count: 3']))
    const comparable = (client: typeof head) => lines(client).filter((line) => !/^(date|transfer-encoding):/i.test(line))
    expect(comparable(head)).toEqual(comparable(stream))
  })

  it.each(['GET', 'HEAD'])(
    'get no header that would split their head: the answer to a %s is 500, and the log names the header',
    async (method) => {
      for (const value of ['a\r\nset-cookie: stolen=1', ['a', 'b\n'], '€']) {
        const headers = { 'X-Sample-Headers': JSON.stringify({ 'x-bad': value }).replace('€', '\\u20ac') }
        const before = complaints(stack.server).length
        const answer = await stack.answer('/subscribe/votes', { method, headers })
        expect(answer.head?.status).toBe(500)
        expect(answer.received.toString()).not.toMatch(/x-bad|stolen/)
        const lines = await eventually('a line of the log', () => {
          const later = complaints(stack.server).slice(before)
          return later.length > 0 && later
        })
        expect(JSON.stringify(lines)).toMatch(/ERR_STREAM_HEADER.*x-bad|x-bad.*ERR_STREAM_HEADER/)
      }
    },
  )

  it('are listed among the choices', async () => {
    const answer = await stack.answer('/subscribe')
    expect(answer.body).toContain('there are eps, raw, details, votes, newest, messages, details/<id>')
  })

  it.each(['/subscribe/vote', '/subscribe/votes/', '/subscribe/votes/1', '/subscribe/Votes', '/subscribe/'])(
    'are exactly the registered ones: %s is a 404 as before',
    async (path) => {
      for (const method of ['GET', 'HEAD'] as const) {
        const { head, body } = await stack.answer(path, { method })
        expect(head?.status).toBe(404)
        expect(head?.headers.get('access-control-allow-origin')).toBe('*')
        expect(head?.headers.get('cache-control')).toBe('no-cache')
        if (method === 'GET') expect(JSON.parse(body)).toEqual({ message: `Cannot GET ${path}`, error: 'Not Found', statusCode: 404 })
      }
    },
  )

  it('send increments that add up, a value at once to a new client, and every message', async () => {
    const [votes, messages] = [await stack.open('/subscribe/votes'), await stack.open('/subscribe/messages')]
    await stack.feeder.update('ONE', 'first')
    await stack.feeder.update('NAMED', 'second')
    await messages.until('both messages', ({ frames }) => frames === 2)
    expect(afterOpening(messages.body)).toBe('data:first\n\nevent:named\ndata:second\n\n')
    await expectSums(
      [votes],
      new Map([
        ['ONE', 2],
        ['NAMED', 2],
      ]),
    )
    const late = await stack.open('/subscribe/newest')
    await late.until('the present value', ({ frames }) => frames === 1)
    expect(afterOpening(late.body)).toBe('data:NAMED\n\n')
  })

  it('reach EventSource clients, multiplexed with eps and details, each frame under its own name', async () => {
    const source = new EventSource(`${stack.server.url}/subscribe?stream=eps&stream=votes&stream=newest&stream=messages&stream=details/MIX`)
    onTestFinished(() => source.close())
    const counts = { eps: new Map<string, number>(), votes: new Map<string, number>() }
    const seen: string[] = []
    for (const name of ['eps', 'votes'] as const) source.addEventListener(name, ({ data }) => addScores(counts[name], data))
    for (const name of ['newest', 'messages', 'stream.tweet_updates.MIX', 'message'])
      source.addEventListener(name, ({ data }) => seen.push(`${name} ${data}`))
    await new Promise((resolve) => source.addEventListener('open', resolve, { once: true }))

    await stack.feeder.update('MIX', 'a post')

    await eventually('all of it', () => seen.includes('newest MIX') && counts.eps.has('MIX') && counts.votes.has('MIX') && seen.length >= 3)
    expect(counts.eps.get('MIX')).toBe(1)
    expect(counts.votes.get('MIX')).toBe(2)
    // The one before may have been the present value.
    expect(seen.filter((each) => !/^newest (?!MIX)/.test(each)).sort()).toEqual([
      'messages a post',
      'newest MIX',
      'stream.tweet_updates.MIX a post',
    ])
  })

  it('are kinds of their own in reports and metrics, and have no planned end', async () => {
    await stack.open('/subscribe/votes')
    await stack.open('/subscribe?stream=eps&stream=newest')
    const report = await (await fetch(`${stack.server.url}/admin/status.json`)).json()
    expect(report).toMatchObject({
      streams: { eps: 1, raw: 0, details: 0, kiosk_interaction: 0, votes: 1, newest: 1, messages: 0 },
      connections: [{ namespace: '/votes' }, { namespace: '/eps,newest' }],
    })
    const scrape = parseScrape(await (await fetch(`${stack.server.url}/metrics`)).text())
    expect(scrape.by('emojitrack_subscribers', 'kind')).toMatchObject({ votes: 1, newest: 0, messages: 0, multiplexed: 1 })
  })

  it('know the statistics port, the guard and the settings of the process', async () => {
    await stack.open('/subscribe/votes')
    expect(await (await fetch(`${stack.server.url}/sample/open`)).json()).toEqual({ total: 1, setting: null })
  })
})

describe('a subscriber of a plug-in’s increments that does not read', () => {
  it('gets the exact sum when it reads again, in fewer frames', async () => {
    const { server, feeder } = await aLiveServer(ENV)
    const [reader, sleeper, mixed] = await Promise.all(
      ['votes', 'votes', '?stream=votes'].map((name) =>
        openClient(server, {
          path: name.startsWith('?') ? `/subscribe${name}` : `/subscribe/${name}`,
          keepBody: false,
          headers: { 'User-Agent': name },
        }),
      ),
    )
    if (reader === undefined || sleeper === undefined || mixed === undefined) throw new Error('not open')
    sleeper.pause()
    const isBehind = async () =>
      (await openStreams(server)).some(({ msgs_sent }, _i, all) => msgs_sent + 20 < Math.max(...all.map((each) => each.msgs_sent)))
    const before = await flood(feeder, isBehind)
    sleeper.resume()
    const after = await flood(feeder, rounds(10))
    await expectSums([reader, sleeper, mixed], doubled(added(before, after)))
    expect(sleeper.frames).toBeLessThan(reader.frames)
  })
})

describe('with two workers', () => {
  it('each loads the plug-in, every subscriber gets exact sums, and one can inform all', async () => {
    const { server, feeder } = await aTeam(ENV)
    const clients = await openClients(server, 4, { path: '/subscribe/votes' })
    const newest = await openClients(server, 4, { path: '/subscribe/newest', keepBody: true })
    const published = await flood(feeder, rounds(5))
    await expectSums(clients, doubled(published))
    await feeder.publish('stream.tweet_updates.TELL', 'x')
    await Promise.all(newest.map((client) => client.until('the message of one worker', ({ body }) => body.includes('data:told TELL\n'))))
    await feeder.publish('stream.tweet_updates.MUM', 'x')
    const failed = async () => parseScrape(await (await fetch(`${server.url}/metrics`)).text()).by('emojitrack_caught_failures_total', 'in')
    await eventually('each has failed to answer both', async () => (await failed())['question'] === 4)
    expect(complaints(server)).toContainEqual(
      expect.objectContaining({ question: 'sample.told', err: expect.objectContaining({ message: 'mum' }) }),
    )
    const scrape = parseScrape(await (await fetch(`${server.url}/metrics`)).text())
    expect(scrape.by('sample_details_total', 'worker')).toEqual({ 1: expect.any(Number), 2: expect.any(Number) })
  })
})
