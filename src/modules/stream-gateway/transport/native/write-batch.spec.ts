import type { Socket } from 'node:net'
import { constants } from 'node:os'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RecordingListener, SocketPairs } from '../../../../../test/support/socket-pairs.js'
import { eventually } from '../../../../../test/support/waiting/eventually.js'
import type { Outlet } from '../outlet.js'
import { type Aio, UNKNOWN } from './aio.js'
import { loadNativeCalls, type NativeCalls } from './native-calls.js'
import { NativeOutlet } from './native-outlet.js'
import { type BatchedCalls, WriteBatch } from './write-batch.js'

const ACK_TIMEOUT_MS = 40_000

const { EAGAIN, EBADF, EINTR, EINVAL, ENOSYS, EOPNOTSUPP, EPIPE, ESPIPE } = constants.errno
const loaded = await loadNativeCalls(process.platform)

function native(): { calls: NativeCalls; aio: Aio } {
  if (typeof loaded === 'string' || typeof loaded.aio === 'string') throw new Error('the native calls are missing')
  return { calls: loaded, aio: loaded.aio }
}

/** The real one, with these methods replaced. */
const aioWith = (own: Partial<BatchedCalls>): BatchedCalls => {
  const { aio } = native()
  return {
    capacity: aio.capacity,
    set: (index, descriptor, bytes) => aio.set(index, descriptor, bytes),
    submit: (count) => aio.submit(count),
    result: (index) => aio.result(index),
    ...own,
  }
}

/** A client that keeps the bytes that it reads, and our end of its connection. */
interface Pair {
  readonly outlet: Outlet
  readonly socket: Socket
  readonly client: Socket
  readonly listener: RecordingListener
  received: string
}

describe('a batch', () => {
  const sockets = new SocketPairs()
  let batch: WriteBatch
  /** The reasons for which batching was given up. */
  let disabled: string[]
  const pairs: Pair[] = []

  beforeEach(async () => {
    use(native().aio)
    await sockets.start()
  })

  afterEach(() => {
    pairs.splice(0)
    sockets.stop()
  })

  function use(aio: BatchedCalls): void {
    disabled = []
    batch = new WriteBatch(aio, (reason) => disabled.push(reason))
  }

  async function connected(): Promise<Pair> {
    const { socket, client } = await sockets.pair()
    const outlet = NativeOutlet.over(socket, native().calls, batch, ACK_TIMEOUT_MS)
    const listener = new RecordingListener()
    outlet.listener = listener
    const pair: Pair = { outlet, socket, client, listener, received: '' }
    client.on('data', (bytes) => {
      pair.received += bytes.toString('latin1')
    })
    client.resume()
    pairs.push(pair)
    return pair
  }

  const post = ({ outlet }: Pair, text: string) => outlet.post(Buffer.from(text, 'latin1'))
  const outcomesOf = (some: readonly Pair[]) => some.map(({ listener }) => listener.outcomes)
  const received = (expected: readonly string[]) =>
    eventually(`${expected.length} clients to have their bytes`, () => pairs.every((pair, i) => pair.received === expected[i]))

  it('writes to each outlet its own bytes when it is committed, and not before', async () => {
    const three = [await connected(), await connected(), await connected()]
    three.forEach((pair, i) => void post(pair, `for ${i};`))
    for (const { socket } of three) expect(socket.bytesWritten).toBe(0)
    batch.commit()
    batch.commit()
    await received(['for 0;', 'for 1;', 'for 2;'])
    expect(outcomesOf(three).flat()).toEqual([])
  })

  it('takes posts to any number of outlets', async () => {
    const many: Pair[] = []
    for (let n = 0; n < native().aio.capacity + 3; n++) many.push(await connected())
    many.forEach((pair, i) => void post(pair, `for ${i};`))
    batch.commit()
    await received(many.map((_, i) => `for ${i};`))
    expect(outcomesOf(many).flat()).toEqual([])
  })

  it('holds one post of an outlet at a time, so that nothing overtakes what the kernel takes a part of', async () => {
    const submitted: number[] = []
    use(aioWith({ submit: (count) => submitted.push(count) && native().aio.submit(count) }))
    const [twice, once] = [await connected(), await connected()]
    post(twice, 'a')
    post(once, 'x')
    post(twice, 'b')
    expect(submitted).toEqual([2])
    batch.commit()
    expect(submitted).toEqual([2, 1])
    await received(['ab', 'x'])
  })

  it('tells the owner of a connection that is broken, and serves the others', async () => {
    const [first, broken, last] = [await connected(), await connected(), await connected()]
    const closed = new Promise((resolve) => broken.socket.resume().once('close', resolve))
    broken.client.resetAndDestroy()
    await closed
    for (const pair of [first, broken, last]) post(pair, 'x')
    batch.commit()
    await received(['x', '', 'x'])
    expect(outcomesOf([first, broken, last])).toEqual([[], ['broken'], []])
  })

  it('finds a broken connection that Node has not noticed yet', async () => {
    const pair = await connected()
    const { socket, client, listener } = pair
    socket.pause()
    client.resetAndDestroy()
    await eventually('a write to fail', () => {
      post(pair, 'x')
      batch.commit()
      return listener.outcomes.length > 0
    })
    expect(listener.outcomes).toEqual(['broken'])
    expect(disabled).toEqual([])
  })

  it('tells the owner of what the kernel does not take, and keeps every byte in order', async () => {
    const [slow, other] = [await connected(), await connected()]
    slow.client.pause()
    const parts: string[] = []
    while (slow.listener.outcomes.length === 0) {
      parts.push(`${parts.length}`.repeat(20_000))
      post(slow, parts.at(-1) ?? '')
      post(other, '.')
      batch.commit()
    }
    expect(slow.listener.outcomes).toEqual(['queued'])
    expect(slow.outlet.queuedBytes).toBeGreaterThan(0)
    slow.client.resume()
    await eventually('the slow client to drain', () => slow.listener.drains === 1)
    post(slow, 'after')
    batch.commit()
    await received([`${parts.join('')}after`, '.'.repeat(parts.length)])
  })

  it('keeps the order of two posts of which the first one stalls', async () => {
    const slow = await connected()
    slow.client.pause()
    const parts: string[] = []
    while (slow.listener.outcomes.length === 0) {
      const index = parts.length
      parts.push(`${index}a`.repeat(10_000), `${index}b`.repeat(10_000))
      for (const part of parts.slice(-2)) {
        if (slow.listener.outcomes.length === 0) post(slow, part)
        else parts.pop()
      }
      batch.commit()
    }
    slow.client.resume()
    await received([parts.join('')])
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
    use(aioWith({ submit: () => 1, result: () => 1 }))
    const three = [await connected(), await connected(), await connected()]
    three[2]?.socket.destroy()
    for (const pair of three) post(pair, 'x')
    batch.commit()
    expect(outcomesOf(three)).toEqual([[], [], ['broken']])
    await received(['', 'x', ''])
  })

  it('lets an owner post to others because of a report', async () => {
    const [slow, other] = [await connected(), await connected()]
    slow.client.pause()
    slow.listener.onWritten = (outcome) => {
      slow.listener.outcomes.push(outcome)
      post(other, 'one is slow')
    }
    let sent = ''
    while (slow.listener.outcomes.length === 0) {
      post(slow, 'x'.repeat(20_000))
      post(other, '.')
      sent += '.'
      batch.commit()
    }
    batch.commit()
    await eventually('the other client to have its bytes in order', () => other.received === `${sent}one is slow`)
  })

  it.each([
    ['EPIPE', EPIPE],
    ['EBADF', EBADF],
  ])('tries a write that failed with %s once more by send(2), and goes on batching', async (_name, errno) => {
    use(aioWith({ submit: (count) => count, result: () => -errno }))
    const two = [await connected(), await connected()]
    for (const pair of two) post(pair, 'x')
    batch.commit()
    await received(['x', 'x'])
    expect(outcomesOf(two).flat()).toEqual([])
    expect({ disabled, isOpen: batch.isOpen }).toEqual({ disabled: [], isOpen: true })
  })

  it.each([
    ['EAGAIN', EAGAIN],
    ['EINTR', EINTR],
  ])('leaves a write that ended with %s to Node', async (_name, errno) => {
    use(aioWith({ submit: (count) => count, result: () => -errno }))
    const pair = await connected()
    post(pair, 'x')
    batch.commit()
    await received(['x'])
    expect({ disabled, isOpen: batch.isOpen }).toEqual({ disabled: [], isOpen: true })
  })

  it.each([
    ['ESPIPE', ESPIPE],
    ['EINVAL', EINVAL],
    // Node's name of the number that Linux gives both.
    ['ENOTSUP', EOPNOTSUPP],
    ['ENOSYS', ENOSYS],
  ])('is given up, with one warning and without losing a byte, when writes fail with %s', async (name, errno) => {
    use(aioWith({ submit: (count) => count, result: () => -errno }))
    const three = [await connected(), await connected(), await connected()]
    for (const pair of three) post(pair, 'a')
    batch.commit()
    for (const pair of three) post(pair, 'b')
    await received(['ab', 'ab', 'ab'])
    expect(outcomesOf(three).flat()).toEqual([])
    expect({ disabled, isOpen: batch.isOpen }).toEqual({ disabled: [`io_submit(2): ${name}`], isOpen: false })
  })

  it.each([
    ['ESPIPE', ESPIPE],
    ['EINVAL', EINVAL],
    // Node's name of the number that Linux gives both.
    ['ENOTSUP', EOPNOTSUPP],
    ['ENOSYS', ENOSYS],
  ])('is given up in the same way when the call itself fails with %s', async (name, errno) => {
    use(aioWith({ submit: () => -errno }))
    const two = [await connected(), await connected()]
    for (const text of ['a', 'b']) for (const pair of two) post(pair, text)
    batch.commit()
    await received(['ab', 'ab'])
    expect(disabled).toEqual([`io_submit(2): ${name}`])
  })

  it('continues when the call fails for another reason', async () => {
    use(aioWith({ submit: () => -EAGAIN }))
    const pair = await connected()
    post(pair, 'x')
    batch.commit()
    await received(['x'])
    expect({ disabled, isOpen: batch.isOpen }).toEqual({ disabled: [], isOpen: true })
  })

  it('gives up a connection of which the kernel reports no result, and itself, but no other connection', async () => {
    use(aioWith({ result: (index) => (index === 1 ? UNKNOWN : native().aio.result(index)) }))
    const three = [await connected(), await connected(), await connected()]
    for (const pair of three) post(pair, 'x')
    batch.commit()
    expect(outcomesOf(three)).toEqual([[], ['broken'], []])
    expect({ disabled, isOpen: batch.isOpen }).toEqual({ disabled: ['io_submit(2): a write without a result'], isOpen: false })
    for (const pair of [three[0], three[2]]) if (pair) post(pair, 'y')
    await received(['xy', 'x', 'xy'])
  })

  it('writes a post that finds it full and then given up', async () => {
    use(aioWith({ capacity: 1, submit: () => -ENOSYS }))
    const two = [await connected(), await connected()]
    for (const pair of two) post(pair, 'x')
    await received(['x', 'x'])
  })
})
