import { expect } from 'vitest'
import { ChunkedDecoder } from '../wire/chunked-decoder.js'
import { isMessage, type SseMessage, SseParser } from '../wire/sse-parser.js'
import type { OpenStream } from './a-hub.js'

/** The namespaces of which a client gets sums or updates, and no messages. */
const SCORES = ['eps', 'raw', 'votes']

/** The frames that a client has received, each with its namespace; `event` is '' for an unnamed one. */
export function framesOf({ outlet, subscriber }: OpenStream) {
  const messages: SseMessage[] = []
  const parser = new SseParser((block) => isMessage(block) && messages.push(block))
  const decoder = new ChunkedDecoder()
  for (const bytes of outlet.received) {
    if (subscriber.audience.isChunked) decoder.push(bytes, (data) => parser.push(data))
    else parser.push(bytes)
  }
  return messages.map(({ event = '', data }) => {
    const namespace = event === '' ? (subscriber.namespaces[0] ?? '') : event
    return { namespace, event, data, isMessage: !SCORES.includes(namespace) }
  })
}

/** All of it, or for a closed stream a part from the start on. */
export function expectPart(got: readonly string[], wanted: readonly string[], isClosed: boolean): void {
  expect(got).toEqual(isClosed ? wanted.slice(0, got.length) : wanted)
}

/** The sum of the frames is that of the history from `from` to the last flush; for a closed stream, to one of the flushes. */
export function expectSum(
  frames: readonly string[],
  history: readonly (readonly [id: string, count: number])[],
  from: number,
  flushes: readonly number[],
  isClosed: boolean,
): void {
  const got = total(frames.flatMap((json) => Object.entries<number>(JSON.parse(json))))
  const ends = isClosed ? [...new Set(flushes)].filter((end) => end >= from) : flushes.slice(-1)
  expect(ends.map((end) => total(history.slice(from, end)))).toContainEqual(got)
}

function total(increments: readonly (readonly [id: string, count: number])[]): Record<string, number> {
  const sum: Record<string, number> = Object.create(null)
  for (const [id, count] of increments) sum[id] = (sum[id] ?? 0) + count
  return sum
}
