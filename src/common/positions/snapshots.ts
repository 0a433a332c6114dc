import { jsonKey } from '../score-log/id-table.js'
import type { ScoreLog } from '../score-log/score-log.js'
import type { Positions } from './positions.js'
import type { Totals } from './totals.js'

/** A snapshot is encoded anew after this time at the earliest. */
const MAX_AGE_MS = 1000

/** The totals of all ids at a position of the log. */
export interface Snapshot {
  readonly at: number
  /** The position as an event id. */
  readonly id: string
  /** `{"<id>":<total>,…}` in UTF-8, of the totals other than 0. */
  readonly json: Buffer
  /** True where the totals are known to be those of the source. */
  readonly isExact: boolean
}

/** Snapshots of the totals, encoded at most once a second, however many clients ask. */
export class Snapshots {
  private latest: Snapshot | null = null
  private encodedAtMs = Number.NEGATIVE_INFINITY
  private basis = 0

  /** @param isOwnSource whether the totals since the start are all there are, as those of the demo feed */
  constructor(
    private readonly log: ScoreLog,
    private readonly totals: Totals,
    private readonly positions: Positions,
    private readonly isOwnSource: boolean,
  ) {}

  /** @param nowMs monotonic */
  current(nowMs: number): Snapshot {
    const { latest, log, totals, positions } = this
    const isFresh = latest !== null && (latest.at === log.position || nowMs - this.encodedAtMs < MAX_AGE_MS)
    const { isExact } = this
    if (isFresh && this.basis === totals.basis && isExact === latest.isExact && latest.at >= log.oldest) return latest
    this.basis = totals.basis
    this.noteEarly()
    totals.advance()
    const { position } = totals
    this.encodedAtMs = nowMs
    this.latest = { at: position, id: positions.idAt(position), json: this.encode(), isExact }
    return this.latest
  }

  /** The totals of some ids, each once, at the present position. */
  ofIds(ids: readonly string[]): Snapshot {
    const { totals } = this
    this.noteEarly()
    totals.advance()
    const { position } = totals
    const known = ids.filter((id) => totals.total(id) !== 0)
    const members = known.map((id) => `${JSON.stringify(id)}:${totals.total(id)}`)
    return { at: position, id: this.positions.idAt(position), json: Buffer.from(`{${members.join()}}`), isExact: this.isExact }
  }

  private get isExact(): boolean {
    const { isShared, map } = this.positions
    return this.totals.isComplete && (this.isOwnSource || (isShared && map.isOpen))
  }

  private noteEarly(): void {
    if (this.positions.privateReason === 'starting') this.positions.hasEarlyTotals = true
  }

  private encode(): Buffer {
    const parts: Uint8Array[] = []
    for (const { bytes, total } of this.totals) {
      if (total === 0) continue
      parts.push(Buffer.from(parts.length === 0 ? '{' : ','), jsonKey(bytes), Buffer.from(String(total)))
    }
    if (parts.length === 0) return Buffer.from('{}')
    return Buffer.concat([...parts, Buffer.from('}')])
  }
}
