import { vi } from 'vitest'
import type { LinkState, Point } from '../src/connection.js'
import { openLink } from '../src/link.js'
import type { StreamListener } from '../src/stream.js'

interface PlayedStream extends StreamListener {
  readonly namespaces: readonly string[]
  readonly lastId: string
  readonly close: ReturnType<typeof vi.fn>
}

/** A link whose streams the test plays. */
export function linked(from?: Point) {
  const streams: PlayedStream[] = []
  const frames: string[] = []
  const states: LinkState[] = []
  const points: Point[] = []
  const knows = { totals: false }
  const link = openLink(
    (namespaces, lastId, listener) => {
      const stream = { ...listener, namespaces, lastId, close: vi.fn() }
      streams.push(stream)
      return stream
    },
    {
      onNews: (news, at) => {
        if ('state' in news) states.push(news.state)
        else if (news.frame[0] !== '') frames.push(news.frame.join(': '))
        points.push(at)
      },
      present: () => (knows.totals ? [['snapshot', '{}']] : []),
    },
    from,
  )
  const stream = (index: number) => {
    const found = streams[index]
    if (found === undefined) throw new Error(`there is no stream ${index}`)
    return found
  }
  /** The open namespaces, as the link has said last. */
  const open = () => {
    const last = states.at(-1)
    return last?.name === 'open' ? last.namespaces : []
  }
  return { link, streams, stream, frames, states, open, knows, at: () => points.at(-1) }
}

export const names = (states: readonly LinkState[]) => states.map(({ name }) => name)
/** Sends frames of eps, from a server without ids. */
export function send(to: PlayedStream, ...all: readonly string[]): void {
  for (const data of all) to.onFrame('eps', data, undefined)
}
/** Sends the id with which a stream begins. */
export function begin(to: PlayedStream, id: string): void {
  to.onOpen()
  to.onFrame('', '', id)
}
/** Sends frames of eps whose data are their ids. */
export function sendIds(to: PlayedStream, ...ids: readonly string[]): void {
  for (const id of ids) to.onFrame('eps', id, id)
}
export const isClosed = ({ close }: PlayedStream) => close.mock.calls.length > 0
