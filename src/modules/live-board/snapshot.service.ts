import { Injectable } from '@nestjs/common'
import { newEpoch } from '../../common/positions/epoch.js'
import { Positions } from '../../common/positions/positions.js'
import { type Snapshot, Snapshots } from '../../common/positions/snapshots.js'
import { NodeState } from '../../common/stats/node-stats.js'
import { SnapshotDocument } from './snapshot-document.js'

/** The present totals as a document, made at most once a second, of what this process knows. No request reads Redis. */
@Injectable()
export class SnapshotService {
  private latest: { readonly snapshot: Snapshot; readonly document: SnapshotDocument } | null = null
  private made = 0
  /** No other process has it: the same totals may be in another order there. */
  private readonly process = newEpoch()

  constructor(
    private readonly snapshots: Snapshots,
    private readonly positions: Positions,
    private readonly node: NodeState,
  ) {}

  /** Null until the scores of Redis are known. */
  document(): SnapshotDocument | null {
    const { source } = this.node
    if (source === 'redis' && this.positions.privateReason === 'starting') return null
    const snapshot = this.snapshots.current(performance.now())
    if (this.latest?.snapshot !== snapshot) {
      const head = { source, reportedAt: Math.floor(Date.now() / 1000) }
      this.latest = { snapshot, document: new SnapshotDocument(snapshot, head, `${this.process}-${++this.made}`) }
    }
    return this.latest.document
  }
}
