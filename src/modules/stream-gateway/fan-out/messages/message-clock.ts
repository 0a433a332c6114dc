import type { MessagePosition } from '../../../../common/positions/positions.js'

/** The position of one detail: how many came at a position of the score log, this one included. */
export interface DetailPosition extends MessagePosition {
  readonly ordinal: number
}

/** True where `a` is a lower position than `b`. */
export const isBefore = (a: MessagePosition, b: MessagePosition): boolean =>
  a.at < b.at || (a.at === b.at && a.ordinal !== null && (b.ordinal === null || a.ordinal < b.ordinal))

/** The position up to which everything came before a detail. */
export const positionBefore = ({ at, ordinal }: DetailPosition): MessagePosition =>
  ordinal === 0 ? { at: at - 1, ordinal: null } : { at, ordinal: ordinal - 1 }

/**
 * Gives each detail its position among all score updates and details. It is the same on every node that receives both in one order.
 * Positions only grow.
 */
export class MessageClock {
  private latest: DetailPosition

  /** @param log the score log */
  constructor(private readonly log: { readonly position: number }) {
    this.latest = { at: log.position, ordinal: 0 }
  }

  /** The position up to which all details have come. */
  get now(): DetailPosition {
    const { position } = this.log
    if (position > this.latest.at) this.latest = { at: position, ordinal: 0 }
    return this.latest
  }

  /**
   * Counts one detail, and returns its position.
   * @param after how many updates came before it that the log does not hold yet
   */
  next(after: number): DetailPosition {
    const { latest } = this
    const at = Math.max(latest.at, this.log.position + after)
    this.latest = { at, ordinal: at === latest.at ? latest.ordinal + 1 : 1 }
    return this.latest
  }
}
