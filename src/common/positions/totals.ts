import type { ScoreLog } from '../score-log/score-log.js'

/** The count of one id. */
class Slot {
  /** The increments in the log since the start of this process. */
  heard = 0
  /** The total is `base + heard`. */
  base = 0
  /** The score in Redis by the last cut is `cutBase + heard`, as far as updates since then agree. */
  cutBase = 0
  /** The increments since the mark. */
  sinceMark = 0

  constructor(
    readonly id: string,
    /** The bytes that the log has for the id: the same object until the log forgets it. */
    public bytes: Uint8Array,
  ) {}

  get total(): number {
    return this.base + this.heard
  }
}

/** The total of an id, as a snapshot has it. */
export type Total = Pick<Slot, 'id' | 'bytes' | 'total'>

/**
 * The totals of all ids: the scores of a cut through Redis, and the increments of the log. Bounded: at most `maxIds` ids, beside the ones
 * that subscribers follow. Only the owner of the log makes it read on.
 */
export class Totals {
  /** The position up to which the log was read. */
  position: number
  /** False once an id of the log found no place: its total is unknown. */
  isComplete = true
  /** How often the totals have begun from another cut. */
  basis = 0
  private readonly slots = new Map<string, Slot>()
  /** Index of an id in the log → its slot, as long as the log has the same id there. */
  private readonly byIndex: (Slot | undefined)[] = []
  /** Ids that subscribers follow → how many. They have a place whatever the bound, and take none before they come. */
  private readonly pins = new Map<string, number>()
  private isMarked = false

  constructor(
    private readonly log: ScoreLog,
    private readonly maxIds: number,
  ) {
    this.position = log.position
  }

  get size(): number {
    return this.slots.size
  }

  /** Reads the log up to its end. To be called before the log overwrites an entry that was not read. */
  advance(): void {
    const { log } = this
    const to = log.position
    if (this.position < log.oldest) {
      this.isComplete = false
      this.position = log.oldest
    }
    while (this.position < to) {
      const at = ++this.position
      const slot = this.slotAt(log.indexAt(at))
      if (slot === null) continue
      const weight = log.weightAt(at)
      slot.heard += weight
      if (this.isMarked) slot.sinceMark += weight
    }
  }

  /** The total of an id at `position`; 0 for one that it doesn't know. */
  total(id: string): number {
    return this.slots.get(id)?.total ?? 0
  }

  /** The total of the id that the log has at an index. */
  totalAt(index: number): number {
    return this.slotAt(index)?.total ?? 0
  }

  /** All ids, with the totals at `position`. */
  [Symbol.iterator](): Iterator<Total> {
    return this.slots.values()
  }

  /** Keeps the total of an id, whatever the bound, until it is unpinned as often. */
  pin(id: string): void {
    this.pins.set(id, (this.pins.get(id) ?? 0) + 1)
  }

  unpin(id: string): void {
    const count = (this.pins.get(id) ?? 0) - 1
    if (count > 0) this.pins.set(id, count)
    else this.pins.delete(id)
  }

  /** Marks the present position, so that `atMark` can be asked for while more updates come. */
  mark(): void {
    this.advance()
    for (const slot of this.slots.values()) slot.sinceMark = 0
    this.isMarked = true
  }

  unmark(): void {
    this.isMarked = false
  }

  /** The score that the id had in Redis at the mark, by the last cut and the updates after it. */
  scoreAtMark(id: string): number {
    const slot = this.slots.get(id)
    return slot === undefined ? 0 : slot.cutBase + slot.heard - slot.sinceMark
  }

  /** How many ids had a score other than 0 at the mark. */
  countAtMark(): number {
    let count = 0
    for (const { cutBase, heard, sinceMark } of this.slots.values()) if (cutBase + heard - sinceMark !== 0) count++
    return count
  }

  /**
   * Takes the scores of a cut at the mark as the basis of later comparisons; those of ids that it doesn't have are 0.
   * @param isBase whether the totals begin from it as well
   */
  rebase(scores: ReadonlyMap<string, number>, isBase: boolean): void {
    for (const slot of this.slots.values()) {
      slot.cutBase = (scores.get(slot.id) ?? 0) - (slot.heard - slot.sinceMark)
      if (!isBase) continue
      slot.base = slot.cutBase
      if (slot.total === 0) this.slots.delete(slot.id)
    }
    this.byIndex.length = 0
    if (isBase) {
      this.basis++
      this.isComplete = true
    }
    for (const [id, score] of scores) {
      if (this.slots.has(id)) continue
      if (this.isFullFor(id)) {
        this.isComplete = false
        continue
      }
      const slot = this.add(id, Buffer.from(id))
      slot.cutBase = score
      if (isBase) slot.base = score
    }
  }

  private slotAt(index: number): Slot | null {
    const bytes = this.log.ids.id(index)
    const known = this.byIndex[index]
    if (known?.bytes === bytes) return known
    const id = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()
    let slot = this.slots.get(id)
    if (slot === undefined) {
      if (this.isFullFor(id)) {
        this.isComplete = false
        return null
      }
      slot = this.add(id, bytes)
    }
    slot.bytes = bytes
    this.byIndex[index] = slot
    return slot
  }

  private isFullFor(id: string): boolean {
    return this.slots.size >= this.maxIds && !this.pins.has(id)
  }

  private add(id: string, bytes: Uint8Array): Slot {
    const slot = new Slot(id, bytes)
    this.slots.set(id, slot)
    return slot
  }
}
