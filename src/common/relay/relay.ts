import { AppError } from '../platform/errors.js'

/** What a question carries, and a document that answers one; JSON. */
export type RelayPayload = Readonly<Record<string, string>>

/** A worker's part of an answer; null where it has none. */
export type RelayValue = number | RelayPayload | null

/** How many of each key; JSON. */
export type RelayCounts = Readonly<Record<string, number>>

/**
 * The messages between a worker and its primary. `ask`: a worker wants the answers of all workers. `question`: the primary passes that on.
 * `answer`: a worker's part. `answers`: the primary's reply to the one that asked. `id` ties a reply to its question, on its own connection.
 * `counts`: how many a worker has now, of the keys that have changed. `others`: how many the other workers have together, likewise, and what the
 * primary knows of the worker's own.
 */
export type RelayMessage =
  | { readonly kind: 'ask' | 'question'; readonly id: number; readonly question: string; readonly payload: RelayPayload }
  | { readonly kind: 'answer'; readonly id: number; readonly value: RelayValue }
  | { readonly kind: 'answers'; readonly id: number; readonly values: readonly RelayValue[] }
  | { readonly kind: 'counts'; readonly counts: RelayCounts }
  | { readonly kind: 'others'; readonly counts: RelayCounts; readonly own: RelayCounts }

/** Reads a message of the process's channel, which Node and libraries use as well. Returns null for what isn't ours. */
export function parseRelayMessage(message: unknown): RelayMessage | null {
  if (typeof message !== 'object' || message === null || !('kind' in message)) return null
  const { kind } = message
  if ('counts' in message && isRecordOf(message.counts, isNumber)) {
    if (kind === 'counts') return { kind, counts: message.counts }
    if (kind === 'others' && 'own' in message && isRecordOf(message.own, isNumber))
      return { kind, counts: message.counts, own: message.own }
  }
  if (!('id' in message) || typeof message.id !== 'number') return null
  const { id } = message
  if (kind === 'answer') return 'value' in message && isValue(message.value) ? { kind, id, value: message.value } : null
  if (kind === 'answers') return 'values' in message && areValues(message.values) ? { kind, id, values: message.values } : null
  if ((kind !== 'ask' && kind !== 'question') || !('question' in message) || !('payload' in message)) return null
  const { question, payload } = message
  return typeof question === 'string' && isPayload(payload) ? { kind, id, question, payload } : null
}

const isText = (value: unknown): value is string => typeof value === 'string'
const isNumber = (value: unknown): value is number => typeof value === 'number'

const isRecordOf = <T>(value: unknown, isOne: (each: unknown) => each is T): value is Readonly<Record<string, T>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(isOne)

export const isPayload = (value: unknown): value is RelayPayload => isRecordOf(value, isText)

export const isValue = (value: unknown): value is RelayValue => value === null || isNumber(value) || isPayload(value)

const areValues = (value: unknown): value is RelayValue[] => Array.isArray(value) && value.every(isValue)

/** A worker's connection to its primary. */
export interface RelayLink {
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
    private readonly channel?: RelayLink,
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
