import { ScoreLog } from '../../../src/common/score-log/score-log.js'

/** A log that keeps all that it has taken. */
export class RecordingLog extends ScoreLog {
  readonly taken: (readonly [id: string, weight: number])[] = []

  override add(id: Uint8Array, weight: number): ReturnType<ScoreLog['add']> {
    const reason = super.add(id, weight)
    if (reason === null) this.taken.push([Buffer.from(id).toString(), weight])
    return reason
  }
}
