import type { Cursor, CursorSubscriber } from '../cursor.js'
import type { FanOutParts } from '../fan-out.js'
import { type CatchUp, CLOSING_COST, type SliceBudget } from '../slice.scheduler.js'
import type { DetailArchive } from './detail-journal.js'
import { type Message, MessageMemory } from './message.js'
import { MessageLog, type MessageLogHost } from './message-log.js'

/** The part of MESSAGE_LOG_BYTES that stays when the bound was exceeded, so that the next message does not exceed it again. */
const KEPT = 3 / 4

export interface MessageBounds {
  /** How many bytes of messages one subscriber may be behind. */
  readonly queueMaxBytes: number
  /** How many bytes all message logs of this process may hold together. */
  readonly messageLogBytes: number
}

/**
 * Brings the cursors into the message logs of all audiences to the ends of their logs. One round at a time serves the logs with something
 * to deliver; a slice takes in as many of them as fit. Two bounds close subscribers as slow: `queueMaxBytes` each one that is not ready
 * and further behind, `messageLogBytes` the furthest behind of all, of which first the ones that are not ready.
 */
export class MessageFanOut implements CatchUp, MessageLogHost {
  private readonly memory: MessageMemory
  /** Logs with something to deliver, or to forget. */
  private dirty = new Set<MessageLog>()
  /** Logs that are not empty. */
  private readonly holding = new Set<MessageLog>()
  private isRunning = false

  constructor(
    private readonly parts: FanOutParts,
    private readonly bounds: MessageBounds,
  ) {
    this.memory = new MessageMemory(bounds.messageLogBytes * KEPT)
  }

  /** The memory of all logs together, in bytes. */
  get heldBytes(): number {
    return this.memory.bytes
  }

  /** @param archive the details that subscribers may resume from; null for messages that have no positions */
  createLog(archive: DetailArchive | null = null): MessageLog {
    return new MessageLog(this.memory, this, archive)
  }

  /** Adds a message to a log; `run` delivers it. A message comes once to an audience, also where two of its namespaces match. */
  append(log: MessageLog, message: Message): void {
    if (log.last === message) return
    log.append(message)
    this.holding.add(log)
    this.dirty.add(log)
    if (this.memory.bytes > this.bounds.messageLogBytes) this.relieve()
  }

  /** A resumed subscriber gets its first messages once its head was written. */
  onBehind(log: MessageLog): void {
    this.holding.add(log)
    this.onDrained(log)
  }

  onDrained(log: MessageLog): void {
    this.dirty.add(log)
    this.parts.lagging.request(this)
  }

  /** A subscriber has left: the log may forget the messages that no other one needs. */
  onClosed(log: MessageLog): void {
    if (log.cursors.size === 0) this.trim(log)
    else {
      this.dirty.add(log)
      this.parts.lagging.request(this)
    }
  }

  catchUp(): void {
    this.run()
  }

  /** Delivers the messages that were added, the first slice at once. */
  run(): void {
    if (this.isRunning || this.dirty.size === 0) return
    this.isRunning = true
    this.parts.slices.run('messages', this.round())
  }

  private *round(): Generator<void, void> {
    const { slices } = this.parts
    const budget = slices.budget()
    const { dirty } = this
    this.dirty = new Set()
    for (const log of dirty) {
      const isBehind = yield* log.cursors.round(log.position, budget)
      if (isBehind) this.dirty.add(log)
      yield* this.closeOverdue(log, budget)
      this.trim(log)
    }
    slices.commit()
    this.isRunning = false
    if (this.dirty.size > 0) setImmediate(() => this.run())
  }

  private *closeOverdue(log: MessageLog, budget: SliceBudget): Generator<void, void> {
    if (log.bytes <= this.bounds.queueMaxBytes) return
    const floor = log.floor(this.bounds.queueMaxBytes)
    for (const { newPosition, subscriber } of log.cursors) {
      if (newPosition >= floor || subscriber.isReady) continue
      subscriber.close('slow')
      if (budget.spend(CLOSING_COST)) yield
    }
  }

  private trim(log: MessageLog): void {
    log.trim()
    if (log.isEmpty) this.holding.delete(log)
  }

  /**
   * Brings the memory within its bound. A subscriber that is ready waits only for its turn in a round, so it is closed only where the
   * others are not enough.
   */
  private relieve(): void {
    this.closeFurthest((subscriber) => !subscriber.isReady)
    if (this.memory.bytes > this.bounds.messageLogBytes) this.closeFurthest(() => true)
  }

  /** Closes subscribers, the furthest behind of all logs first, until a part of the memory is left. */
  private closeFurthest(isEligible: (subscriber: CursorSubscriber) => boolean): void {
    const target = this.bounds.messageLogBytes * KEPT
    const behind: { readonly log: MessageLog; readonly cursor: Cursor; readonly bytes: number }[] = []
    for (const log of this.holding) {
      for (const cursor of log.cursors) {
        const bytes = log.bytesBehind(cursor.position)
        if (bytes > 0 && isEligible(cursor.subscriber)) behind.push({ log, cursor, bytes })
      }
    }
    behind.sort((a, b) => b.bytes - a.bytes)
    for (const [index, { log, cursor }] of behind.entries()) {
      cursor.subscriber.close('slow')
      const next = behind[index + 1]
      // Cursors at the same place hold the same messages, so the log forgets nothing before the last of them is gone.
      if (next?.log === log && next.cursor.position === cursor.position) continue
      this.trim(log)
      if (this.memory.bytes <= target) return
    }
  }
}
