import { detailChannel } from '../../../../common/core/namespace.js'
import { encodeEventName } from '../../../../common/core/sse-frame.js'
import { DetailHistory, type HistoryPart } from './detail-history.js'
import { Message } from './message.js'
import { type DetailPosition, MessageClock, type MessagePosition } from './message-clock.js'

const GAP = encodeEventName('gap')
/** Nobody knows how many details were missed. */
const GAP_DATA = Buffer.from(JSON.stringify({ missed: null }))

/** A message in place of the details that were missed at a position. */
export const gapAt = (position: DetailPosition): Message => new Message(GAP_DATA, GAP, true, position)

/** The details of some ids that are kept. */
export interface DetailArchive {
  /** The position up to which all details have come. */
  readonly position: DetailPosition
  after(position: MessagePosition): HistoryPart
  /** The message with a number that `after` has returned. */
  message(number: number): Message
}

/** The details of all ids in the order in which they came: gives each its position, and keeps the latest ones for clients that resume. */
export class DetailJournal {
  readonly history: DetailHistory
  private readonly clock: MessageClock

  /**
   * @param log the score log
   * @param historyBytes the bound of the history; 0 for none
   */
  constructor(log: { readonly position: number }, historyBytes: number) {
    this.clock = new MessageClock(log)
    this.history = new DetailHistory(historyBytes, this.clock.now)
  }

  /** The position up to which all details have come. */
  get position(): DetailPosition {
    return this.clock.now
  }

  /**
   * Counts a detail, also one that is refused afterwards, and returns its position.
   * @param after how many updates came before it that the log does not hold yet
   */
  count(after: number): DetailPosition {
    return this.clock.next(after)
  }

  /** Keeps a copy of a detail that was counted. */
  keep(id: string, data: Uint8Array, position: DetailPosition): void {
    this.history.add(id, data, position)
  }

  /** Details may have been missed up to now: returns the message that says so. */
  markGap(): Message {
    const position = this.clock.now
    this.history.add(null, GAP_DATA, position)
    return gapAt(position)
  }

  /** @param ids the ids to choose; null for all */
  archiveOf(ids: ReadonlySet<string> | null): DetailArchive {
    const { history, clock } = this
    return {
      get position() {
        return clock.now
      },
      after: (position) => history.after(position, ids),
      message: (number) => {
        const { id, data, position } = history.entry(number)
        return id === null ? gapAt(position) : new Message(data, encodeEventName(detailChannel(id)), true, position)
      },
    }
  }
}
