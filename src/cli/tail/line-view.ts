import { detailChannel } from '../../common/core/namespace.js'
import { visible } from '../../common/platform/printable.js'
import type { Output } from '../terminal.js'

/** A view of a stream. */
export interface View {
  event(name: string, data: string): void
  /** Shows the state of the stream: open or lost. */
  changed(state: string): void
  /** Ends the view. */
  close(): void
}

/** The maximum backlog for a slow reader, on outputs that don't block. */
const MAX_WAITING_BYTES = 16_777_216

/** Prints one line per event, and the state on standard error. */
export class LineView implements View {
  private state = ''
  private leftOut = 0

  constructor(
    private readonly namespace: string,
    private readonly url: URL,
    private readonly output: Output,
    private readonly errors: Output,
  ) {}

  event(name: string, data: string): void {
    if (this.output.writableLength > MAX_WAITING_BYTES) {
      this.leftOut++
      return
    }
    if (this.leftOut > 0) this.errors.write(`${this.leftOut} lines left out: the reader is too slow\n`)
    this.leftOut = 0
    this.output.write(`${plainLine(this.namespace, name, data)}\n`)
  }

  changed(state: string): void {
    if (state !== this.state) this.errors.write(`${visible(`${this.url}: ${state}`)}\n`)
    this.state = state
  }

  close(): void {
    if (this.leftOut > 0) this.errors.write(`${this.leftOut} lines left out: the reader is too slow\n`)
  }
}

/**
 * One event as one line, without the line feed: its data, preceded by its name and a tab unless the name follows from the namespace.
 * Control characters, line breaks included, become escapes.
 */
export function plainLine(namespace: string, name: string, data: string): string {
  const [kind, ...rest] = namespace.split('/')
  const isImplied = name === 'message' || (kind === 'details' && name === detailChannel(rest.join('/')))
  return isImplied ? visible(data) : `${visible(name)}\t${visible(data)}`
}
