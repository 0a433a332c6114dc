/** Takes the content of an event stream. */
export interface SseListener {
  /** A message. `event` is `message` if the stream names none, and empty if the message has nothing but an id. */
  onMessage(event: string, data: string, id: string | undefined): void
  /** The delay before the next connection that the stream asks for, milliseconds. */
  onRetry(ms: number): void
  onComment(): void
}

/**
 * Reads an event stream (https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation) in pieces, which may
 * be cut anywhere. An unfinished message at the end is dropped, with its id.
 * @returns a function that takes the next piece, decoded
 */
export function sseParser({ onMessage, onRetry, onComment }: SseListener): (text: string) => void {
  let rest = ''
  let event = ''
  let data: string[] = []
  /** The last id of the stream, and the one of the last complete message. */
  let id: string | undefined
  let known: string | undefined

  const readLine = (line: string) => {
    if (line === '') {
      const isMessage = data.length > 0
      if (isMessage || id !== known) onMessage(isMessage ? event || 'message' : '', data.join('\n'), id)
      known = id
      event = ''
      data = []
      return
    }
    const [, name, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
    if (name === '') onComment()
    else if (name === 'data') data.push(value)
    else if (name === 'event') event = value
    else if (name === 'id') id = value
    else if (name === 'retry' && /^\d+$/.test(value)) onRetry(Number(value))
  }

  return (text) => {
    // A CR at the end may be the first half of a CRLF, so it waits for the next piece.
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop() ?? ''
    lines.forEach(readLine)
  }
}
