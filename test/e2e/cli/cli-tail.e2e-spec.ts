import { createServer } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { StatusReport } from '../../../src/modules/admin-reporter/status-report.js'
import { TcpProxy } from '../../support/proxies/tcp-proxy.js'
import { scoresOf } from '../../support/redis/redis-scores.js'
import { addScores, sum } from '../../support/redis/score-counts.js'
import type { Child } from '../../support/servers/child.js'
import { aChild, aCli, CLI, runCli } from '../../support/servers/cli.js'
import { aLiveServer, aServer } from '../../support/servers/fixtures.js'
import { freePort } from '../../support/servers/free-port.js'
import { untilReady } from '../../support/servers/probes.js'
import type { ServerProcess } from '../../support/servers/server-process.js'
import { sharedServer, sharedStack } from '../../support/servers/shared.js'
import { eventually } from '../../support/waiting/eventually.js'

const positionsOf = async (server: ServerProcess) => {
  const answer = await fetch(`${server.url}/admin/status.json`, { headers: { connection: 'close' } })
  return ((await answer.json()) as StatusReport).positions
}

const linesOf = (tail: Child) => tail.printed.split('\n').slice(0, -1)
const opened = (tail: Child, times = 1) =>
  eventually(`it is open ${times} times`, () => tail.errors.split(': open\n').length > times, 20_000)

describe('tail, into a pipe', () => {
  const aStack = sharedStack()
  const aDemo = sharedServer()

  it('prints each update of raw, and nothing else', async () => {
    const { server, feeder } = await aStack()
    await feeder.update('BEFORE')
    const tail = await aCli(['tail', '--server', server.url, '--stream', 'raw'])
    await opened(tail)
    const ids = Array.from({ length: 300 }, (_, i) => `1F6${(i % 64).toString(16).toUpperCase().padStart(2, '0')}`)
    for (const id of ids) await feeder.update(id)
    await eventually('all lines', () => linesOf(tail).length >= ids.length)
    expect(linesOf(tail)).toEqual(ids)
    tail.signal('SIGINT')
    expect(await tail.exited).toEqual({ code: 0, signal: null })
  })

  it('prints the frames of eps, which sum up to what was published', async () => {
    const { server, feeder } = await aStack()
    const tail = await aCli(['tail', '--server', server.url])
    await opened(tail)
    const published = await feeder.run({ perSecond: 300, seconds: 1 })
    await eventually('the sums', () => {
      const counts = new Map<string, number>()
      for (const line of linesOf(tail)) addScores(counts, line)
      expect(counts).toEqual(published)
      return true
    })
  })

  it('prints the posts of an emoji as they were published, one a line, and lets nothing reach the terminal', async () => {
    const { server, feeder } = await aStack()
    const tail = await aCli(['tail', '--server', server.url, '--stream', 'details/2665'])
    await opened(tail)
    const post = JSON.stringify({ text: 'two\nlines ❤️ שלום 👩‍👧 e\u0301' })
    await feeder.update('2665', post)
    await feeder.update('2665', 'a\x1b[2Jb\nc\u009bd\u202ee\rf')
    await eventually('both', () => linesOf(tail).length === 2)
    expect(linesOf(tail)).toEqual([post, 'a\\u001b[2Jb\\nc\\u009bd\\u202ee\\nf'])
  })

  it('names the events of a stream where they differ', async () => {
    const { server, feeder } = await aStack()
    const tail = await aCli(['tail', '--server', server.url, '--stream', 'details'])
    await opened(tail)
    await feeder.update('2665', 'one')
    await feeder.update('1F602', 'two')
    await eventually('both', () => linesOf(tail).length === 2)
    expect(linesOf(tail)).toEqual(['stream.tweet_updates.2665\tone', 'stream.tweet_updates.1F602\ttwo'])
  })

  it('ends with its reader', async () => {
    const server = await aDemo()
    const pipe = await aChild('bash', ['-c', `set -o pipefail; "${process.execPath}" "${CLI}" tail --server ${server.url} | head -n 2`])
    expect((await pipe.exited).code).toBe(0)
    expect(linesOf(pipe)).toHaveLength(2)
    expect(pipe.errors).toBe(`${server.url}/subscribe/eps: open\n`)
  })

  it('continues where nobody reads its standard error', async () => {
    const server = await aDemo()
    const command = `set -o pipefail; "${process.execPath}" "${CLI}" tail --server ${server.url} 2> >(:) | head -n 2`
    const pipe = await aChild('bash', ['-c', command])
    expect((await pipe.exited).code).toBe(0)
    expect(linesOf(pipe)).toHaveLength(2)
  })

  it('ends in one line where its output has no room', async () => {
    const server = await aDemo()
    const full = await aChild('bash', ['-c', `"${process.execPath}" "${CLI}" tail --server ${server.url} > /dev/full`])
    expect((await full.exited).code).toBe(1)
    expect(full.errors).toBe(`${server.url}/subscribe/eps: open\nemojitrack-streamer: ENOSPC: no space left on device, write\n`)
  })

  it('takes all that follows details/ for the id', async () => {
    const { server, feeder } = await aStack()
    const tail = await aCli(['tail', '--server', server.url, '--stream', 'details/a/b'])
    await opened(tail)
    await feeder.update('a/b', 'one')
    await eventually('it', () => linesOf(tail).length === 1)
    expect(linesOf(tail)).toEqual(['one'])
  })

  it('presents the user and password of the address, and shows them to nobody', async () => {
    const presented: (string | undefined)[] = []
    const server = createServer(({ headers }, response) => {
      presented.push(headers.authorization)
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data:hello\n\n')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const tail = await aCli(['tail', '--server', `http://me:s3cret@127.0.0.1:${port}`])
    await eventually('the frame', () => linesOf(tail).length === 1)
    expect(presented[0]).toBe(`Basic ${Buffer.from('me:s3cret').toString('base64')}`)
    expect(tail.errors).toContain(`http://127.0.0.1:${port}/subscribe/eps: open`)
    expect(tail.output).not.toContain('s3cret')
  })

  it('misses nothing and counts nothing twice while its connection breaks again and again', async () => {
    const { redis, server, feeder } = await aLiveServer({ RETRY_MS: '100' })
    const link = await TcpProxy.start(server.port)
    onTestFinished(() => link.stop())
    const args = ['tail', '--server', `http://127.0.0.1:${link.port}`]
    const [tail, totals] = await Promise.all([aCli(args), aCli([...args, '--totals'])])
    await Promise.all([opened(tail), opened(totals)])
    const feeding = feeder.run({ perSecond: 300, seconds: 2 })
    for (let times = 2; times <= 5; times++) {
      link.resetAll()
      await Promise.all([opened(tail, times), opened(totals, times)])
    }
    const published = await feeding
    await eventually('the sums', () => {
      const counts = new Map<string, number>()
      for (const line of linesOf(tail)) addScores(counts, line)
      expect(counts).toEqual(published)
      return true
    })
    const scores = await scoresOf(redis.url)
    await eventually('the totals', () => {
      const frames = linesOf(totals).map((line) => JSON.parse(line.replace(/^snapshot\t/, '')) as Record<string, number>)
      expect(new Map(frames.flatMap((frame) => Object.entries(frame)))).toEqual(scores)
      return true
    })
    tail.signal('SIGINT')
    await tail.exited
    expect(tail.errors).toMatch(new RegExp(`: ${sum(published)} updates; nothing missed over 4 reconnects\\n$`))
  })

  it('continues on another node that reads the same Redis', async () => {
    const env = { RETRY_MS: '100' }
    const { redis, server, feeder } = await aLiveServer(env)
    const other = await aServer({ REDIS_URL: redis.url, ...env })
    await untilReady(other, true)
    const areShared = async () => (await Promise.all([server, other].map(positionsOf))).every(({ mode }) => mode === 'shared')
    for (let n = 0; n < 110; n++) await feeder.update('BEFORE')
    await eventually('both have shared positions', areShared)

    const link = await TcpProxy.start(server.port)
    onTestFinished(() => link.stop())
    const address = `http://127.0.0.1:${link.port}`
    const tails = await Promise.all(['eps', 'raw'].map((stream) => aCli(['tail', '--server', address, '--stream', stream])))
    await Promise.all(tails.map((tail) => opened(tail)))
    const feeding = feeder.run({ perSecond: 300, seconds: 2 })
    for (let times = 2; times <= 4; times++) {
      link.retarget(times % 2 === 0 ? other.port : server.port)
      link.resetAll()
      await Promise.all(tails.map((tail) => opened(tail, times)))
    }
    const published = await feeding
    const [eps, raw] = tails
    if (eps === undefined || raw === undefined) throw new Error('two tails')
    await eventually('the sums', () => {
      const counts = new Map<string, number>()
      for (const line of linesOf(eps)) addScores(counts, line)
      expect(counts).toEqual(published)
      return linesOf(raw).length >= sum(published)
    })
    expect(linesOf(raw)).toHaveLength(sum(published))
    for (const tail of tails) tail.signal('SIGINT')
    await Promise.all(tails.map((tail) => tail.exited))
    for (const tail of tails) expect(tail.errors).toMatch(new RegExp(`: ${sum(published)} updates; nothing missed over 3 reconnects\\n$`))
  })

  it('reconnects to a server that has been away', async () => {
    const PORT = String(await freePort())
    const { redis, server, feeder } = await aLiveServer({ PORT })
    const tail = await aCli(['tail', '--server', server.url, '--stream', 'raw'])
    await opened(tail)
    await feeder.update('2665')
    await eventually('the first', () => linesOf(tail).length === 1)
    await server.stop()
    await eventually('it notices', () => tail.errors.includes('retrying: '))
    await untilReady(await aServer({ PORT, REDIS_URL: redis.url }), true)
    await opened(tail, 2)
    await feeder.update('1F602')
    await eventually('the second', () => linesOf(tail).length === 2)
    expect(linesOf(tail)).toEqual(['2665', '1F602'])
  })

  it('reconnects after a refusal, which EventSource alone would not', async () => {
    const answers = [503, 200, 500, 404, 200]
    const server = createServer((_, response) => {
      const status = answers.shift() ?? 200
      response.writeHead(status, { 'content-type': 'text/event-stream' })
      response.end(status === 200 ? 'retry:10\ndata:hello\n\n' : '')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const tail = await aCli(['tail', '--server', `http://127.0.0.1:${port}`])
    await eventually('it is open twice', () => linesOf(tail).length >= 2, 20_000)
    expect(tail.errors).toContain('retrying: Non-200 status code (503)')
    expect(tail.errors).toContain('retrying: Non-200 status code (404)')
  })

  it('resumes after the last event, the id of the opening included, and tells what is missed', async () => {
    const openings = [
      ':ok\n\nid:e-5\n\n',
      'id:e-7\ndata:{"2665":2}\n\nid:e-9\ndata:{"26',
      'event:reset\nid:f-3\ndata:{"reason":"unknown"}\n\nevent:snapshot\nid:f-3\ndata:{"2665":40}\n\n',
      'event:gap\ndata:{"missed":12}\n\nid:f-8\ndata:{"2665":3,"1F602":2}\n\n',
    ]
    const asked: unknown[] = []
    const server = createServer(({ url, headers }, response) => {
      asked.push([url, headers['last-event-id']])
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const opening = openings.shift()
      if (opening === undefined) response.write('\n')
      else response.end(`retry:10\n\n${opening}`)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close().closeAllConnections())
    const address = server.address()
    const shown = `http://127.0.0.1:${typeof address === 'object' ? address?.port : undefined}`
    const tail = await aCli(['tail', '--server', shown, '--snapshot'])
    await opened(tail, 5)
    tail.signal('SIGINT')
    expect((await tail.exited).code).toBe(0)

    const path = '/subscribe/eps?resume=1&snapshot=1'
    expect(asked).toEqual([undefined, 'e-5', 'e-7', 'f-3', 'f-8'].map((id) => [path, id]))
    expect(linesOf(tail)).toEqual(['{"2665":2}', 'snapshot\t{"2665":40}', '{"2665":3,"1F602":2}'])
    const notes = tail.errors.split('\n').filter((line) => !/: (open|retrying: .*)$/.test(line))
    expect(notes.map((line) => line.replace(`${shown}/subscribe/eps: `, ''))).toEqual([
      'reset (unknown): what came since the last event is missed',
      'gap: 12 messages are missed',
      '7 updates; some missed: 1 of 4 reconnects began anew, 1 gap',
      '',
    ])
  })

  it('says where there is no such stream', async () => {
    const server = await aDemo()
    const { code, printed, errors } = await runCli(['tail', '--server', server.url, '--stream', 'nothing'])
    expect({ code, printed }).toEqual({ code: 1, printed: '' })
    expect(errors).toContain(`no stream at ${server.url}/subscribe/nothing (Non-200 status code (404)): try --stream eps`)
  })
})
