import type { Aio } from './aio.js'
import type { Poster, WriteOutcome } from './outlet.js'

const NOTHING = Buffer.alloc(0)

/** What a batch needs of an outlet. */
export interface Batched {
  readonly descriptor: number
  write(bytes: Buffer): WriteOutcome
  /** Goes on after the kernel took so many of the bytes; -1 says that the connection is broken. */
  follow(bytes: Buffer, taken: number): WriteOutcome
}

/**
 * What is posted to many outlets in a row, written by one system call for up to `Aio.capacity` of them. An outlet that is about to be written to once
 * more, or to lose its descriptor, commits first: order holds also where the kernel takes a part only, and no descriptor outlives its socket.
 */
export class NativeBatch {
  /** Changes with each commit, so that an outlet can tell whether it has a post in here. */
  round = 0
  private size = 0
  private readonly outlets: Batched[] = []
  private readonly frames: Buffer[] = []
  private readonly posters: Poster[] = []

  constructor(private readonly aio: Aio) {}

  add(outlet: Batched, bytes: Buffer, poster: Poster): void {
    if (this.size === this.aio.capacity) this.commit()
    const index = this.size++
    this.aio.set(index, outlet.descriptor, bytes)
    this.outlets[index] = outlet
    this.frames[index] = bytes
    this.posters[index] = poster
  }

  commit(): void {
    const count = this.size
    if (count === 0) return
    this.size = 0
    this.round++
    const made = this.aio.submit(count)
    for (let index = 0; index < count; index++) {
      const bytes = this.frames[index] ?? NOTHING
      // Nobody waits for these bytes any more, and they may be large.
      this.frames[index] = NOTHING
      if (index >= made || this.aio.taken(index) !== bytes.length) this.conclude(index, bytes, made)
    }
  }

  /** Goes on with a write that was not made as a whole. */
  private conclude(index: number, bytes: Buffer, made: number): void {
    const outlet = this.outlets[index]
    if (outlet === undefined) return
    const outcome = index < made ? outlet.follow(bytes, this.aio.taken(index)) : outlet.write(bytes)
    if (outcome !== 'sent') this.posters[index]?.settle(outcome)
  }
}
