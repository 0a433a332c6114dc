import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { Injectable } from '@nestjs/common'
import { newEpoch } from '../../common/positions/epoch.js'
import { Positions } from '../../common/positions/positions.js'
import { type Snapshot, Snapshots } from '../../common/positions/snapshots.js'
import { NodeState } from '../../common/stats/node-stats.js'

const compress = promisify(gzip)

/** The fields beside the totals. */
export interface SnapshotHead {
  readonly source: 'redis' | 'demo' | 'none'
  /** Whole Unix seconds. */
  readonly reportedAt: number
}

/** A form of the document, with its entity tag. */
export interface Representation {
  readonly bytes: Buffer
  readonly etag: string
}

/** The document of `GET /snapshot.json`, made once of a snapshot. All answers share its bytes, compressed or not. */
export class SnapshotDocument {
  readonly plain: Representation
  private compressed: Promise<Representation> | null = null

  /** @param tag names this document among all of all processes */
  constructor(
    { id, isExact, json }: Snapshot,
    { source, reportedAt }: SnapshotHead,
    private readonly tag: string,
  ) {
    const head = JSON.stringify({ source, reported_at: reportedAt, id, exact: isExact })
    this.plain = { bytes: Buffer.concat([Buffer.from(`${head.slice(0, -1)},"scores":`), json, Buffer.from('}')]), etag: `"${tag}"` }
  }

  /** The document by gzip: compressed at the first call, outside the event loop. */
  gzipped(): Promise<Representation> {
    this.compressed ??= compress(this.plain.bytes).then((bytes) => ({ bytes, etag: `"${this.tag}-gzip"` }))
    return this.compressed
  }
}

/** Whether a request takes gzip, by its Accept-Encoding (RFC 9110, section 12.5.3). Pure. */
export function acceptsGzip(header: string | undefined): boolean {
  const weights = new Map<string, number>()
  for (const coding of (header ?? '').toLowerCase().split(',')) {
    const [name = '', ...parameters] = coding.split(';').map((part) => part.trim())
    const weight = parameters.find((parameter) => parameter.startsWith('q='))
    weights.set(name, weight === undefined ? 1 : Number(weight.slice(2)))
  }
  return (weights.get('gzip') ?? weights.get('x-gzip') ?? weights.get('*') ?? 0) > 0
}

/** Whether an If-None-Match names the representation (RFC 9110, section 13.1.2). Pure. */
export function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  return header.trim() === '*' || header.split(',').some((each) => each.trim().replace(/^W\//, '') === etag)
}

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
