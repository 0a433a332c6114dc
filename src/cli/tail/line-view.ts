import { detailChannel } from '../../common/core/namespace.js'
import { visible } from '../../common/platform/printable.js'
import type { Output } from '../terminal.js'

/** What shows a stream. */
export interface View {
  event(name: string, data: string): void
  /** The stream is open, or lost; the text says so. */
  changed(state: string): void
  /** Ends it in order, on request. */
  close(): void
}

/** The most that waits for a reader, where the system doesn't make us wait for it instead. */
const MAX_WAITING_BYTES = 16_777_216

/** One line per event; the state goes to standard error. */
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
 * One event as one line, without the line feed: its data, after its name and a tab where the namespace doesn't tell the name already. Control
 * characters, line breaks too, come as escapes.
 */
export function plainLine(namespace: string, name: string, data: string): string {
  const [kind, ...rest] = namespace.split('/')
  const isTold = name === 'message' || (kind === 'details' && name === detailChannel(rest.join('/')))
  return isTold ? visible(data) : `${visible(name)}\t${visible(data)}`
}
