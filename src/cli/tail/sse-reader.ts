/** One event of a stream. */
export interface SseEvent {
  /** `message` if the stream names none. */
  readonly name: string
  readonly data: string
}

/** The maximum length of one event, in characters. The largest event of a server is a snapshot of 100,000 ids, 15 MB at most. */
export const MAX_EVENT_LENGTH = 33_554_432

/**
 * Reads an event stream (https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation) in pieces, which may
 * be cut anywhere. An unfinished event at the end is dropped. Pure.
 */
export class SseReader {
  /** The delay before the next connection that the stream asked for, ms; null if it asked for none. */
  retryMs: number | null = null
  private id: string
  private name = ''
  private data: string[] = []
  private dataLength = 0
  private rest = ''

  /** @param lastEventId the id to resume after: that of the last complete block, with or without data; empty while there is none */
  constructor(public lastEventId = '') {
    this.id = lastEventId
  }

  /**
   * Takes the next piece, decoded; returns the events that end in it.
   * @throws RangeError for an event of more than MAX_EVENT_LENGTH characters
   */
  read(text: string): SseEvent[] {
    const events: SseEvent[] = []
    // A CR at the end may be the first half of a CRLF, so it waits for the next piece.
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/)
    this.rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line === '') this.endBlock(events)
      else this.field(line)
    }
    if (this.rest.length + this.dataLength > MAX_EVENT_LENGTH) throw new RangeError('an event of the stream is too long')
    return events
  }

  /** A block without data is no event, and sets the id alone. */
  private endBlock(events: SseEvent[]): void {
    if (this.data.length > 0) events.push({ name: this.name || 'message', data: this.data.join('\n') })
    this.lastEventId = this.id
    this.name = ''
    this.data = []
    this.dataLength = 0
  }

  private field(line: string): void {
    const colon = line.indexOf(':')
    const name = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (name === 'data') {
      this.data.push(value)
      this.dataLength += value.length
    } else if (name === 'event') this.name = value
    else if (name === 'id' && !value.includes('\0')) this.id = value
    else if (name === 'retry' && /^\d+$/.test(value)) this.retryMs = Number(value)
  }
}
