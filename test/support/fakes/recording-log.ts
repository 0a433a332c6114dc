import { WeightedLog } from '../../../src/common/score-log/weighted-log.js'

/** A log that keeps all that it has taken. */
export class RecordingLog extends WeightedLog {
  readonly taken: (readonly [id: string, weight: number])[] = []

  override add(id: Uint8Array, weight: number): ReturnType<WeightedLog['add']> {
    const reason = super.add(id, weight)
    if (reason === null) this.taken.push([Buffer.from(id).toString(), weight])
    return reason
  }
}
