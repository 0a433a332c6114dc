import { vi } from 'vitest'
import type { LinkState } from '../src/connection.js'
import { Link } from '../src/link.js'
import type { StreamListener } from '../src/stream.js'

interface FakeStream extends StreamListener {
  readonly namespaces: readonly string[]
  readonly close: ReturnType<typeof vi.fn>
}

/** A link whose streams the test controls. */
export function linked() {
  const streams: FakeStream[] = []
  const frames: string[] = []
  const states: LinkState[] = []
  const link = new Link(
    (namespaces, listener) => {
      const stream = { ...listener, namespaces, close: vi.fn() }
      streams.push(stream)
      return stream
    },
    { onFrame: (event, data) => frames.push(`${event}: ${data}`), onState: (state) => states.push(state) },
  )
  const stream = (index: number) => {
    const found = streams[index]
    if (found === undefined) throw new Error(`there is no stream ${index}`)
    return found
  }
  const runs = () => {
    const last = states.at(-1)
    return last?.name === 'open' ? last.runs : {}
  }
  return { link, streams, stream, frames, states, runs }
}

export const names = (states: readonly LinkState[]) => states.map(({ name }) => name)
/** Sends frames of eps. */
export function send(to: FakeStream, ...all: readonly string[]): void {
  for (const data of all) to.onFrame('eps', data)
}
export const isClosed = ({ close }: FakeStream) => close.mock.calls.length > 0
