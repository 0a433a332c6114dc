import { AppError } from '../app-error.js'
import {
  isPayload,
  isValue,
  parseRelayMessage,
  type RelayCounts,
  type RelayMessage,
  type RelayPayload,
  type RelayValue,
} from './relay-message.js'

/** A worker's connection to its primary. */
export interface RelayChannel {
  post(message: RelayMessage): void
  onMessage(handler: (message: unknown) => void): void
}

type Answer = (payload: RelayPayload) => RelayValue | Promise<RelayValue>

/** The longest document that goes from process to process, in characters: reading one takes a turn of the event loop that also serves the streams. */
export const MAX_DOCUMENT_LENGTH = 262_144

/**
 * Asks all workers of this machine what each can only answer for itself, and lets each know what the others count (docs/architecture.md,
 * "Workers"). A process without workers is its own and only one. A worker that doesn't answer in time, fails to, or has a document over
 * `MAX_DOCUMENT_LENGTH`, is left out.
 */
export class Relay {
  private readonly answers = new Map<string, Answer>()
  private readonly waiting = new Map<number, (values: readonly RelayValue[]) => void>()
  private onOthers: (counts: RelayCounts, own: RelayCounts) => void = () => undefined
  private lastId = 0

  /** @param onFailure hears of what an answer to the primary throws; who asks without a channel hears it itself */
  constructor(
    private readonly channel?: RelayChannel,
    private readonly onFailure: (question: string, error: unknown) => void = () => undefined,
  ) {
    channel?.onMessage((message) => void this.receive(message))
  }

  /**
   * Registers this worker's part of a question's answer: a number, or a document of texts by name.
   * @throws AppError ERR_RELAY_QUESTION for a question that is answered already
   */
  on(question: string, answer: Answer): void {
    if (this.answers.has(question))
      throw new AppError(
        'ERR_RELAY_QUESTION',
        `the relay's question ${question} is answered already: put the plug-in's name in front of it`,
      )
    this.answers.set(question, answer)
  }

  /** The sum of all workers' numbers. */
  async sum(question: string, payload: RelayPayload): Promise<number> {
    let sum = 0
    for (const value of await this.ask(question, payload)) if (typeof value === 'number') sum += value
    return sum
  }

  /** The documents of all workers, in no order. */
  async gather(question: string, payload: RelayPayload): Promise<RelayPayload[]> {
    return (await this.ask(question, payload)).filter((value) => typeof value === 'object' && value !== null)
  }

  private async ask(question: string, payload: RelayPayload): Promise<readonly RelayValue[]> {
    // A plug-in in plain JavaScript may have anything here, which the primary would not know for a question.
    if (!isPayload(payload)) throw new TypeError(`the relay's question ${question}: its payload must be an object of strings`)
    const { channel } = this
    if (channel === undefined) return [await this.own(question, payload)]
    const id = ++this.lastId
    return new Promise((resolve) => {
      this.waiting.set(id, resolve)
      channel.post({ kind: 'ask', id, question, payload })
    })
  }

  /** True where there are no other workers. */
  get isAlone(): boolean {
    return this.channel === undefined
  }

  /** Has `onOthers` told how many the other workers have together, by key, and what they know of this one: all at first, then what changes. One caller. */
  watch(onOthers: (counts: RelayCounts, own: RelayCounts) => void): void {
    this.onOthers = onOthers
    this.tell({})
  }

  /** Tells the others how many this worker has now, by key; keys that haven't changed may be left out. */
  tell(counts: RelayCounts): void {
    this.channel?.post({ kind: 'counts', counts })
  }

  private async receive(received: unknown): Promise<void> {
    const message = parseRelayMessage(received)
    if (message?.kind === 'question') {
      // Who asked can't mend what is wrong here, and sees that a part is missing.
      const value = await this.own(message.question, message.payload).catch((error: unknown) => {
        this.onFailure(message.question, error)
        return null
      })
      this.channel?.post({ kind: 'answer', id: message.id, value: isTooLong(value) ? null : value })
    } else if (message?.kind === 'answers') {
      this.waiting.get(message.id)?.(message.values)
      this.waiting.delete(message.id)
    } else if (message?.kind === 'others') this.onOthers(message.counts, message.own)
  }

  private async own(question: string, payload: RelayPayload): Promise<RelayValue> {
    const value = (await this.answers.get(question)?.(payload)) ?? null
    if (!isValue(value)) throw new TypeError(`the relay's question ${question}: an answer must be a number or an object of strings`)
    return value
  }
}

function isTooLong(value: RelayValue): boolean {
  if (typeof value !== 'object' || value === null) return false
  let length = 0
  for (const [name, text] of Object.entries(value)) length += name.length + text.length
  return length > MAX_DOCUMENT_LENGTH
}
