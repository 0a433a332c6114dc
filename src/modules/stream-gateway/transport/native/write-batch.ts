import { constants } from 'node:os'
import { getSystemErrorName } from 'node:util'
import type { WriteOutcome } from '../outlet.js'
import { type Aio, UNKNOWN } from './aio.js'

const NOTHING = Buffer.alloc(0)
/** The result of a write that the kernel did not attempt. Like a failed one it is tried again. */
const NOT_MADE = Number.NEGATIVE_INFINITY
const { EAGAIN, EINTR, EINVAL, ENOSYS, EOPNOTSUPP, ESPIPE } = constants.errno

/** Errors of a kernel, or of a sandbox in its place, that has no such writes to sockets. */
const UNSUPPORTED = new Set([-ESPIPE, -EINVAL, -EOPNOTSUPP, -ENOSYS])

/** The part of `Aio` that a batch works with. */
export interface BatchedCalls extends Pick<Aio, 'set' | 'submit' | 'result'> {
  /** The most writes in one call. */
  readonly capacity: number
}

/** The part of an outlet that a batch works with. */
export interface BatchTarget {
  readonly descriptor: number
  /** Continues a post of which the kernel took `taken` bytes, fewer than all. */
  resume(bytes: Buffer, taken: number): WriteOutcome
  /** Writes a post by send(2), of which the kernel took nothing. */
  retry(bytes: Buffer): WriteOutcome
  /** Reports the outcome of a post to the owner. */
  report(outcome: WriteOutcome): void
}

/**
 * Posts to many outlets in a row, written by one system call for up to `Aio.capacity` of them. An outlet that is about to be written to
 * once more, or to lose its descriptor, commits first: so order holds where the kernel takes only a part, and no descriptor outlives its
 * socket in a batch.
 */
export class WriteBatch {
  /** Changes with each commit, so that an outlet can tell whether it has a post in the batch. */
  round = 0
  /** False from the moment the kernel turns out not to make such writes: outlets then write by themselves. */
  isOpen = true
  private size = 0
  private readonly targets: BatchTarget[] = []
  private readonly posts: Buffer[] = []

  /** @param onDisabled called once with the reason when batching ends for good */
  constructor(
    private readonly aio: BatchedCalls,
    private readonly onDisabled: (reason: string) => void,
  ) {}

  /** To be called only while `isOpen`. */
  add(target: BatchTarget, bytes: Buffer): void {
    if (this.size === this.aio.capacity) this.commit()
    if (!this.isOpen) {
      // That commit has ended batching.
      target.report(target.retry(bytes))
      return
    }
    const index = this.size++
    this.aio.set(index, target.descriptor, bytes)
    this.targets[index] = target
    this.posts[index] = bytes
  }

  commit(): void {
    const count = this.size
    if (count === 0) return
    this.size = 0
    this.round++
    const made = this.aio.submit(count)
    if (UNSUPPORTED.has(made)) this.disable(getSystemErrorName(made))
    const reports: { readonly target: BatchTarget; readonly outcome: WriteOutcome }[] = []
    for (let index = 0; index < count; index++) {
      const bytes = this.posts[index] ?? NOTHING
      // A frame may be large, and nothing needs it any more.
      this.posts[index] = NOTHING
      const result = index < made ? this.aio.result(index) : NOT_MADE
      const target = this.targets[index]
      if (result === bytes.length || target === undefined) continue
      const outcome = this.conclude(target, bytes, result)
      if (outcome !== 'sent') reports.push({ target, outcome })
    }
    // Last, because an owner may close its stream, and its listeners may post to other outlets.
    for (const { target, outcome } of reports) target.report(outcome)
  }

  /** Completes a write that the kernel did not make as a whole. */
  private conclude(target: BatchTarget, bytes: Buffer, result: number): WriteOutcome {
    if (result >= 0) return target.resume(bytes, result)
    if (result === -EAGAIN || result === -EINTR) return target.resume(bytes, 0)
    if (result === UNKNOWN) {
      this.disable('a write without a result')
      return 'broken'
    }
    if (UNSUPPORTED.has(result)) this.disable(getSystemErrorName(result))
    return target.retry(bytes)
  }

  private disable(reason: string): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.onDisabled(`io_submit(2): ${reason}`)
  }
}
