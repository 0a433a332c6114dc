import { randomBytes } from 'node:crypto'
import type { Verdict } from '../../common/positions/cut.js'
import { newEpoch } from '../../common/positions/epoch.js'
import type { Sequence } from '../../common/positions/sequence.js'
import type { ScoreLog } from '../../common/score-log/score-log.js'
import type { CutReaderService, RedisCut } from './cut-reader.service.js'
import type { MarkerWait } from './marker-wait.js'

/** An epoch that any version of this server has made. */
const EPOCH = /^[0-9a-z]{8,16}$/

/** How an attempt at a cut has ended. */
export type CutResult =
  | { readonly kind: 'judged'; readonly verdict: Verdict; readonly epoch: string }
  /** Redis held no epoch, and has got one: a cut can be made now. `had` is a name that is none of this server's. */
  | { readonly kind: 'named'; readonly had: string | null }
  | { readonly kind: 'no-rights'; readonly missing: readonly string[] }
  | { readonly kind: 'too-many-ids'; readonly ids: number }
  | { readonly kind: 'not-counts' }
  /** The marker was published, and nothing has come since. */
  | { readonly kind: 'deaf' }
  /** The link was lost meanwhile, the log did not have all updates when the marker came, or the marker is late behind others. */
  | { readonly kind: 'put-off' }
  /** A command has failed. */
  | { readonly kind: 'failed'; readonly error: unknown }

/** The pure parts of the node that a cut is compared with. */
export interface CutBasis {
  readonly log: ScoreLog
  readonly sequence: Sequence
}

/** Makes one cut after the other: reads the scores, waits for the marker, and has the sequence judge the two. */
export class CutTask {
  private isMarked = false

  constructor(
    private readonly reader: Pick<CutReaderService, 'read' | 'nameEpoch'>,
    private readonly wait: MarkerWait,
    private readonly basis: CutBasis,
    private readonly maxIds: number,
  ) {}

  /** A marker has come, and the log has all updates before it. */
  onMarked(token: string): void {
    if (this.wait.take(token)) this.isMarked = this.basis.sequence.mark()
  }

  /** @param channel that of the markers */
  async run(channel: string): Promise<CutResult> {
    const { log } = this.basis
    const token = randomBytes(8).toString('hex')
    const before = log.position
    this.isMarked = false
    this.wait.begin(token)
    const reply = await this.reader.read(channel, token, this.maxIds).catch(failure)
    if (reply.kind === 'failed') return reply
    if (reply.kind === 'not-permitted') return { kind: 'no-rights', missing: reply.missing }
    if (reply.kind === 'too-many-ids') return reply
    const outcome = await this.wait.result()
    if (outcome === 'late' && log.position === before) return { kind: 'deaf' }
    if (outcome === 'late') return { kind: 'failed', error: new Error('the marker of a cut has not come') }
    if (outcome !== 'marked' || !this.isMarked) return { kind: 'put-off' }
    return await this.judge(reply.cut)
  }

  /** Names the data set anew, unless another node has done that meanwhile. */
  async name(had: string | null): Promise<CutResult> {
    const missing = await this.reader.nameEpoch(had, newEpoch()).catch(failure)
    if ('kind' in missing) return missing
    return missing.length > 0 ? { kind: 'no-rights', missing } : { kind: 'named', had }
  }

  private async judge({ scores, sum, areCounts, epoch }: RedisCut): Promise<CutResult> {
    if (!areCounts) return { kind: 'not-counts' }
    if (epoch === null || !EPOCH.test(epoch)) return await this.name(epoch)
    return { kind: 'judged', verdict: this.basis.sequence.judge({ epoch, scores, sum }, Date.now()), epoch }
  }
}

const failure = (error: unknown) => ({ kind: 'failed', error }) as const
