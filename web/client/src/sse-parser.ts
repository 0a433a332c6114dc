/** Takes the content of an event stream. */
export interface SseListener {
  /** A message. `event` is `message` if the stream names none. */
  onMessage(event: string, data: string): void
  /** The delay before the next connection that the stream asks for, milliseconds. */
  onRetry(ms: number): void
  onComment(): void
}

/**
 * Reads an event stream (https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation) in pieces, which may
 * be cut anywhere. `id` lines are skipped, since the server sends none. An unfinished message at the end is dropped.
 * @returns a function that takes the next piece, decoded
 */
export function sseParser({ onMessage, onRetry, onComment }: SseListener): (text: string) => void {
  let rest = ''
  let event = ''
  let data: string[] = []

  const readLine = (line: string) => {
    if (line === '') {
      if (data.length > 0) onMessage(event || 'message', data.join('\n'))
      event = ''
      data = []
      return
    }
    const colon = line.indexOf(':')
    if (colon === 0) return onComment()
    const name = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (name === 'data') data.push(value)
    else if (name === 'event') event = value
    else if (name === 'retry' && /^\d+$/.test(value)) onRetry(Number(value))
  }

  return (text) => {
    // A CR at the end may be the first half of a CRLF, so it waits for the next piece.
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop() ?? ''
    lines.forEach(readLine)
  }
}
