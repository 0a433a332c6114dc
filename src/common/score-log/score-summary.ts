import { FrameVariants } from '../core/sse-frame.js'
import type { Digest, Piece } from './digest.js'
import type { ScoreLog } from './score-log.js'

const BRACES = 2
const SEPARATOR = 0x2c

/**
 * The sum of the updates of `(from, to]` for each id: exact for a log of up to 2^21 entries of `ScoreLog.add`. It grows backwards, so that
 * one pass over the log serves any number of cursors, newest first. One summary is made once and used again: its memory is 8 bytes per id
 * of the table.
 */
export class ScoreSummary implements Digest {
  readonly conflates = true
  /** The indexes that occur, each once. */
  readonly touched: number[] = []
  private start = 0
  private end = 0

  private readonly counts: Float64Array

  /**
   * @param eventName encoded; the name of its frames on a multiplexed stream
   * @param idAt the event id of a frame that ends at a position; null for a log whose positions have none
   */
  constructor(
    protected readonly log: ScoreLog,
    private readonly eventName: Uint8Array,
    private readonly idAt: ((position: number) => string) | null = null,
  ) {
    this.counts = new Float64Array(log.ids.maxIds)
  }

  /** One frame with the sum of `(from, to]`. Calls with the same `to` and a falling `from` cost one pass over the log together. */
  read(from: number, to: number): Piece | null {
    if (to !== this.end || from > this.start) this.reset(to)
    if (!this.extendTo(from)) return null
    const { idAt } = this
    return { end: to, messages: 1, frames: FrameVariants.of(this.toData(), this.eventName, idAt === null ? null : () => idAt(to)) }
  }

  bytesBehind(): number {
    return 0
  }

  /** Forgets everything and stands at `to`, empty. */
  reset(to: number): this {
    for (const index of this.touched) this.counts[index] = 0
    this.touched.length = 0
    this.start = to
    this.end = to
    return this
  }

  /** Grows back to `from`. Returns false, and sums nothing, where a part of that is no longer in the ring. */
  extendTo(from: number): boolean {
    if (from < this.log.oldest) return false
    for (let position = this.start; position > from; position--) {
      const index = this.log.indexAt(position)
      const count = this.counts[index] ?? 0
      if (count === 0) this.touched.push(index)
      this.counts[index] = count + this.log.weightAt(position)
    }
    this.start = Math.min(this.start, from)
    return true
  }

  /** The number of an index that occurs, as its frame has it. */
  amountOf(index: number): number {
    return this.counts[index] ?? 0
  }

  /** The indexes that a frame shows. */
  protected shown(): readonly number[] {
    return this.touched
  }

  /** `{"<id>":<count>,…}` in UTF-8, the wire form of an eps frame's data. Keys are distinct ids. */
  toData(): Buffer {
    const { ids } = this.log
    const indexes = this.shown()
    const numbers = indexes.map((index) => String(this.amountOf(index)))
    let size = BRACES + Math.max(0, numbers.length - 1)
    indexes.forEach((index, i) => {
      size += ids.jsonKey(index).length + (numbers[i] ?? '').length
    })
    const json = Buffer.allocUnsafe(size)
    let offset = 0
    indexes.forEach((index, i) => {
      json[offset++] = i === 0 ? 0x7b : SEPARATOR
      const key = ids.jsonKey(index)
      json.set(key, offset)
      offset += key.length
      offset += json.write(numbers[i] ?? '', offset, 'latin1')
    })
    if (offset === 0) json[offset++] = 0x7b
    json[offset] = 0x7d
    return json
  }
}
