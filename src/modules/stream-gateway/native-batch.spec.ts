import { once } from 'node:events'
import { connect, createServer, type Server, Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../../test/support/waiting/eventually.js'
import type { Aio } from './aio.js'
import { NativeBatch } from './native-batch.js'
import { loadNativeCalls, type NativeCalls } from './native-calls.js'
import { NativeOutlet } from './native-outlet.js'
import type { Outlet, WriteOutcome } from './outlet.js'

const loaded = await loadNativeCalls(process.platform)

function native(): { calls: NativeCalls; aio: Aio } {
  if (typeof loaded === 'string' || loaded.aio === null) throw new Error('the native calls are missing')
  return { calls: loaded, aio: loaded.aio }
}

/** A client that keeps what it reads, and our end of its connection. */
interface Pair {
  readonly outlet: Outlet
  readonly socket: Socket
  readonly client: Socket
  readonly outcomes: WriteOutcome[]
  received: string
}

describe('a batch', () => {
  let server: Server
  let batch: NativeBatch
  const pairs: Pair[] = []

  beforeEach(async () => {
    batch = new NativeBatch(native().aio)
    server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
  })

  afterEach(() => {
    for (const { client, socket } of pairs.splice(0)) for (const each of [client, socket]) each.destroy()
    server.close()
  })

  async function connected(): Promise<Pair> {
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the server does not listen')
    const client = connect(address.port, '127.0.0.1').on('error', () => undefined)
    const [socket] = await once(server, 'connection')
    if (!(socket instanceof Socket)) throw new Error('no socket')
    socket.on('error', () => undefined)
    const pair: Pair = {
      outlet: NativeOutlet.over(socket, native().calls, batch, 16_384),
      socket,
      client: client.on('data', (bytes) => {
        pair.received += bytes.toString('latin1')
      }),
      outcomes: [],
      received: '',
    }
    pairs.push(pair)
    return pair
  }

  const post = ({ outlet, outcomes }: Pair, text: string) =>
    outlet.post(Buffer.from(text, 'latin1'), { settle: (outcome) => outcomes.push(outcome) })
  const received = (expected: readonly string[]) =>
    eventually(`${expected.length} clients to have their bytes`, () => pairs.every((pair, i) => pair.received === expected[i]))

  it('writes to each outlet its own bytes when it is committed, and not before', async () => {
    const three = [await connected(), await connected(), await connected()]
    three.forEach((pair, i) => void post(pair, `for ${i};`))
    for (const { socket } of three) expect(socket.bytesWritten).toBe(0)
    batch.commit()
    batch.commit()
    await received(['for 0;', 'for 1;', 'for 2;'])
    expect(three.flatMap(({ outcomes }) => outcomes)).toEqual([])
  })

  it('takes posts to any number of outlets', async () => {
    const many: Pair[] = []
    for (let n = 0; n < native().aio.capacity + 3; n++) many.push(await connected())
    many.forEach((pair, i) => void post(pair, `for ${i};`))
    batch.commit()
    await received(many.map((_, i) => `for ${i};`))
    expect(many.flatMap(({ outcomes }) => outcomes)).toEqual([])
  })

  it('holds one post of an outlet at a time, so that nothing overtakes what the kernel takes a part of', async () => {
    const submitted: number[] = []
    const { aio } = native()
    const counting = Object.assign(Object.create(aio), { submit: (count: number) => submitted.push(count) && aio.submit(count) })
    batch = new NativeBatch(counting)
    const [twice, once] = [await connected(), await connected()]
    post(twice, 'a')
    post(once, 'x')
    post(twice, 'b')
    expect(submitted).toEqual([2])
    batch.commit()
    expect(submitted).toEqual([2, 1])
    await received(['ab', 'x'])
  })

  it('tells who posted to a connection that is broken, and serves the others', async () => {
    const [first, broken, last] = [await connected(), await connected(), await connected()]
    const closed = new Promise((resolve) => broken.socket.resume().once('close', resolve))
    broken.client.resetAndDestroy()
    await closed
    for (const pair of [first, broken, last]) post(pair, 'x')
    batch.commit()
    await received(['x', '', 'x'])
    expect([first, broken, last].map(({ outcomes }) => outcomes)).toEqual([[], ['broken'], []])
  })

  it('finds a connection broken that Node has not heard of yet', async () => {
    const pair = await connected()
    const { socket, client, outcomes } = pair
    socket.pause()
    client.resetAndDestroy()
    await eventually('a write to fail', () => {
      post(pair, 'x')
      batch.commit()
      return outcomes.length > 0
    })
    expect(outcomes).toEqual(['broken'])
  })

  it('tells who posted what the kernel does not take, and keeps every byte in order', async () => {
    const [slow, other] = [await connected(), await connected()]
    slow.client.pause()
    const parts: string[] = []
    while (slow.outcomes.length === 0) {
      parts.push(`${parts.length}`.repeat(20_000))
      post(slow, parts.at(-1) ?? '')
      post(other, '.')
      batch.commit()
    }
    expect(slow.outcomes).toEqual(['queued'])
    expect(slow.outlet.queuedBytes).toBeGreaterThan(0)
    post(slow, 'behind')
    slow.client.resume()
    await received([`${parts.join('')}behind`, '.'.repeat(parts.length)])
  })

  it('is committed before anything else happens to one of its outlets', async () => {
    const [written, ended, destroyed] = [await connected(), await connected(), await connected()]
    post(written, 'a')
    expect(written.outlet.write(Buffer.from('b'))).toBe('sent')
    post(ended, 'a')
    ended.outlet.end(Buffer.from('b'))
    post(destroyed, 'a')
    destroyed.outlet.destroy()
    await received(['ab', 'ab', 'a'])
  })

  it('writes one by one what the kernel does not take as a batch', async () => {
    const refusing = Object.assign(Object.create(native().aio), { submit: () => 1 })
    batch = new NativeBatch(refusing)
    const three = [await connected(), await connected(), await connected()]
    three[2]?.socket.destroy()
    for (const pair of three) post(pair, 'x')
    batch.commit()
    expect(three.map(({ outcomes }) => outcomes)).toEqual([[], [], ['broken']])
    await received(['', 'x', ''])
  })
})
