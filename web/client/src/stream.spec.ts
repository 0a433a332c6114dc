import { afterEach, describe, expect, it, vi } from 'vitest'
import { openStream } from './stream.js'

const HEADERS = { 'content-type': 'text/event-stream; charset=utf-8' }

/** The events of a stream until it ends, for a given answer. */
async function heardOf(answer: () => Response | Promise<Response>, silenceMs = 1000): Promise<readonly unknown[]> {
  vi.stubGlobal('fetch', (_: string, { signal }: RequestInit) => {
    const aborted = new Promise<never>((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
    return Promise.race([answer(), aborted])
  })
  const heard: unknown[] = []
  await new Promise<void>((resolve) => {
    openStream(
      'https://example.invalid/subscribe?stream=eps',
      {
        onOpen: () => heard.push('open'),
        onFrame: (...frame) => heard.push(frame),
        onEnd: (end) => {
          heard.push(end)
          resolve()
        },
      },
      silenceMs,
    )
  })
  return heard
}

/** A body of these pieces. */
function bodyOf(...pieces: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece)
      controller.close()
    },
  })
}

afterEach(() => void vi.unstubAllGlobals())

describe('Stream', () => {
  it('opens with the first comment, and reads characters that are cut in two', async () => {
    const bytes = Buffer.from('\ufeff:ok\n\nid:e-1\n\nevent:eps\ndata:😂\n\nretry:2705\n\nid:e-2\ndata:cut')
    const pieces = Array.from({ length: bytes.length }, (_, index) => bytes.subarray(index, index + 1))
    const heard = await heardOf(() => new Response(bodyOf(...pieces), { headers: HEADERS }))
    expect(heard).toEqual(['open', ['', '', 'e-1'], ['eps', '😂', 'e-1'], { retryMs: 2705 }])
  })

  it('never opens where it is refused', async () => {
    expect(await heardOf(() => new Response('retry:1500\n\n', { headers: HEADERS }))).toEqual([{ retryMs: 1500 }])
  })

  it.each([
    ['with the time to wait', { 'retry-after': '7' }, { status: 503, retryMs: 7000 }],
    ['without one', {}, { status: 503 }],
    ['with a date instead', { 'retry-after': 'Tue, 24 Nov 2026 13:50:52 GMT' }, { status: 503 }],
  ])('ends with the status of another answer, %s', async (_, headers, end) => {
    expect(await heardOf(() => new Response('sorry', { status: 503, headers }))).toEqual([end])
  })

  it.each([
    ['the namespaces that are refused', { statusCode: 400, refused: ['nope'] }, { status: 400, refused: ['nope'] }],
    ['nothing of the kind', { refused: 7 }, { status: 400 }],
    ['null', null, { status: 400 }],
  ])('tells %s', async (_, body, end) => {
    expect(await heardOf(() => Response.json(body, { status: 400 }))).toEqual([end])
  })

  it.each([
    ['503', new Response(new ReadableStream(), { status: 503 }), { status: 503 }],
    ['another type', new Response(new ReadableStream(), { headers: { 'content-type': 'text/html' } }), { status: 200 }],
  ])('ends at once with an answer of %s whose body never does', async (_, answer, end) => {
    expect(await heardOf(() => answer, 60_000)).toEqual([end])
  })

  it('ends where the answer is of another type', async () => {
    expect(await heardOf(() => new Response('<p>', { headers: { 'content-type': 'text/html' } }))).toEqual([{ status: 200 }])
  })

  it('ends where there is no answer, or none in time', async () => {
    expect(await heardOf(() => Promise.reject(new TypeError('offline')))).toEqual([{}])
    expect(await heardOf(() => new Promise<never>(() => undefined), 20)).toEqual([{}])
  })
})
