import { visible } from '../../common/logging/control-characters.js'
import type { Output } from '../terminal.js'
import { plainLine } from './plain-line.js'
import type { View } from './view.js'

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
