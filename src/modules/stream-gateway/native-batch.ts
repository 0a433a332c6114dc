import type { Aio } from './aio.js'
import type { Poster, WriteOutcome } from './outlet.js'

/** What a batch needs of an outlet. */
export interface Batched {
  readonly descriptor: number
  write(bytes: Buffer): WriteOutcome
  /** Goes on after the kernel took so many of the bytes; -1 says that the connection is broken. */
  follow(bytes: Buffer, taken: number): WriteOutcome
}

/**
 * What is posted to many outlets in a row, written by one system call for up to `Aio.capacity` of them, or by one for each where there is no AIO.
 * An outlet that is about to be written to in another way, or to lose its descriptor, commits first: order holds, and no descriptor outlives its socket.
 */
export class NativeBatch {
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
    const made = this.aio.submit(count)
    for (let index = 0; index < count; index++) {
      const bytes = this.frames[index]
      if (index < made && this.aio.taken(index) === bytes?.length) continue
      this.conclude(index, made)
    }
  }

  private conclude(index: number, made: number): void {
    const outlet = this.outlets[index]
    const bytes = this.frames[index]
    if (outlet === undefined || bytes === undefined) return
    const outcome = index < made ? outlet.follow(bytes, this.aio.taken(index)) : outlet.write(bytes)
    if (outcome !== 'sent') this.posters[index]?.settle(outcome)
  }
}
