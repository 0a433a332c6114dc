import { sseParser } from './sse-parser.js'

/** How a stream ended. */
export interface StreamEnd {
  /** The delay that the stream asked for last, by `retry:` or Retry-After, milliseconds. */
  readonly retryMs?: number | undefined
  /** The HTTP status, if the answer was no stream. */
  readonly status?: number
  /** The namespaces that the server has refused, if it named them: only these are at fault. */
  readonly refused?: readonly string[]
}

export interface StreamListener {
  /** The first comment or message has come. A stream that the server refuses ends before that. */
  onOpen(): void
  /** `id`: the last event id of the stream, this message included; undefined on a server without ids. An event without a name is an id alone. */
  onFrame(event: string, data: string, id: string | undefined): void
  /** The stream has ended. Not called after `close`. */
  onEnd(end: StreamEnd): void
}

/** Opens a stream of these namespaces that goes on after `lastId`, or from now if that is empty. */
export type OpenStream = (namespaces: readonly string[], lastId: string, listener: StreamListener) => { close(): void }

/**
 * Opens an event stream over fetch. Unlike EventSource it passes on messages with any event name, knows the status, and notices silence.
 * @param silenceMs a stream without a byte for this time ends
 */
export function openStream(url: string, listener: StreamListener, silenceMs: number): { close(): void } {
  const abort = new AbortController()
  const { signal } = abort
  let watch: ReturnType<typeof setTimeout> | undefined
  let isOpen = false
  let end: StreamEnd = {}

  const close = () => {
    clearTimeout(watch)
    abort.abort()
  }
  // A refusal, a reset, a lost network and silence all end the stream in the same way.
  const finish = () => {
    if (signal.aborted) return
    close()
    listener.onEnd(end)
  }
  const hear = () => {
    clearTimeout(watch)
    if (!signal.aborted) watch = setTimeout(finish, silenceMs)
  }
  const open = () => {
    if (isOpen || signal.aborted) return
    isOpen = true
    listener.onOpen()
  }
  const parse = sseParser({
    onComment: open,
    onMessage: (...message) => {
      open()
      if (!signal.aborted) listener.onFrame(...message)
    },
    onRetry: (retryMs) => {
      end = { retryMs }
    },
  })

  const read = async () => {
    // This header tells the server that the client reads `retry:`. It needs no preflight.
    const answer = await fetch(url, { headers: { accept: 'text/event-stream' }, cache: 'no-store', signal })
    const { status, headers, body } = answer
    if (status !== 200 || !headers.get('content-type')?.startsWith('text/event-stream') || body === null) {
      // A date in Retry-After, or no such header, gives no delay.
      end = { status, retryMs: Number(headers.get('retry-after')) * 1000 || undefined }
      // The body of any other answer may have no end.
      const { refused } = status === 400 ? await answer.json() : end
      if (Array.isArray(refused)) end = { ...end, refused }
      return
    }
    const reader = body.pipeThrough(new TextDecoderStream()).getReader()
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      hear()
      parse(piece.value)
    }
  }

  hear()
  read().then(finish, finish)
  return { close }
}
