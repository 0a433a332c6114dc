import { detailChannel } from '../../../../common/core/namespace.js'
import { encodeEventName } from '../../../../common/core/sse-frame.js'
import type { MessagePosition, Positions } from '../../../../common/positions/positions.js'
import { DetailHistory, type HistoryPart } from './detail-history.js'
import { Message, type MessagePlace } from './message.js'
import { type DetailPosition, MessageClock } from './message-clock.js'

/** How many event names are kept. */
const MAX_NAMES = 4096

const GAP = encodeEventName('gap')
/** Nobody knows how many details were missed. */
const GAP_DATA = Buffer.from(JSON.stringify({ missed: null }))

/** The details of some ids, as a stream resumes from them. */
export interface DetailArchive {
  /** The position up to which all details have come. */
  readonly position: DetailPosition
  /** The kept ones after a position. */
  after(position: MessagePosition): HistoryPart
  /** The message with a number that `after` has returned. */
  message(number: number): Message
}

/** The details of all ids in the order in which they came: gives each its position, and keeps the latest ones for clients that resume. */
export class DetailJournal {
  readonly history: DetailHistory
  private readonly clock: MessageClock
  private readonly names = new Map<string, Buffer>()

  /**
   * @param log the score log
   * @param historyBytes the bound of the history; 0 for none
   */
  constructor(
    log: { readonly position: number },
    historyBytes: number,
    private readonly ids: Pick<Positions, 'messageIdAt'>,
  ) {
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

  placeAt(position: DetailPosition): MessagePlace {
    return { position, idOf: () => this.ids.messageIdAt(position.at, position.ordinal) }
  }

  /** Details may have been missed up to now: returns the message that says so. */
  markGap(): Message {
    const position = this.clock.now
    this.history.add(null, GAP_DATA, position)
    return this.gapAt(position)
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
        if (id === null) return this.gapAt(position)
        return new Message(data, this.nameOf(id), true, this.placeAt(position), true)
      },
    }
  }

  /** The event name of an id, encoded once for the many messages with which a stream may resume. */
  private nameOf(id: string): Buffer {
    const known = this.names.get(id)
    if (known !== undefined) return known
    const name = encodeEventName(detailChannel(id))
    if (this.names.size >= MAX_NAMES) this.names.clear()
    this.names.set(id, name)
    return name
  }

  private gapAt(position: DetailPosition): Message {
    return new Message(GAP_DATA, GAP, true, this.placeAt(position), true)
  }
}
