import { AppError } from '../platform/errors.js'

/** The payload of a question, and a document that answers one; JSON. */
export type RelayPayload = Readonly<Record<string, string>>

/** A worker's part of an answer; null if it has none. */
export type RelayValue = number | RelayPayload | null

/** Counts by key; JSON. */
export type RelayCounts = Readonly<Record<string, number>>

/**
 * The messages between a worker and its primary. `ask`: a worker asks all workers. `question`: the primary passes the question on.
 * `answer`: a worker's part. `answers`: the primary's reply to the worker that asked. `id` relates a reply to its question, on one
 * connection. `counts`: a worker's own counts of the keys that have changed. `others`: the other workers' totals of changed keys, and the
 * worker's own counts as the primary knows them.
 */
export type RelayMessage =
  | { readonly kind: 'ask' | 'question'; readonly id: number; readonly question: string; readonly payload: RelayPayload }
  | { readonly kind: 'answer'; readonly id: number; readonly value: RelayValue }
  | { readonly kind: 'answers'; readonly id: number; readonly values: readonly RelayValue[] }
  | { readonly kind: 'counts'; readonly counts: RelayCounts }
  | { readonly kind: 'others'; readonly counts: RelayCounts; readonly own: RelayCounts }

/** Parses a message from Node's IPC, which Node and libraries use as well. Returns null for a foreign message. */
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

/** A worker's link to its primary. */
export interface RelayLink {
  /** False once the primary has ended; true by default. */
  readonly isOpen?: boolean
  /** True while the primary leaves too many messages unread; false by default. */
  readonly isBusy?: boolean
  /** A busy or a closed link discards the message. */
  post(message: RelayMessage): void
  onMessage(handler: (message: unknown) => void): void
  onClose?(handler: () => void): void
}

type Answer = (payload: RelayPayload) => RelayValue | Promise<RelayValue>

/** The longest wait for the primary, which answers within 2 s while it works. */
export const PRIMARY_TIMEOUT_MS = 3000

/** The longest document between processes, in characters: parsing one takes a turn of the event loop, which serves the streams as well. */
export const MAX_DOCUMENT_LENGTH = 262_144

/** The number of questions of one worker that may wait for their answers. */
export const MAX_WAITING = 1024

/**
 * Asks all workers of this machine a question that each answers for itself, and shares their counts (docs/architecture.md, "Workers"). A
 * process without workers asks only itself, and so does a worker whose primary has ended. A worker is left out if it fails to answer in
 * time or answers with a document over `MAX_DOCUMENT_LENGTH`; all are left out if the primary doesn't reply, or too many questions wait.
 */
export class Relay {
  private readonly answers = new Map<string, Answer>()
  private readonly waiting = new Map<number, (values: readonly RelayValue[]) => void>()
  private onCounts: (counts: RelayCounts, own: RelayCounts) => void = () => undefined
  private lastId = 0

  /** @param onFailure called for an error in an answer to the primary; without a link the error reaches the caller that asked */
  constructor(
    private readonly link?: RelayLink,
    private readonly onFailure: (question: string, error: unknown) => void = () => undefined,
  ) {
    link?.onMessage((message) => void this.receive(message))
    link?.onClose?.(() => {
      for (const finish of this.waiting.values()) finish([])
    })
  }

  /**
   * Registers this worker's part of a question's answer: a number, or a document of texts by name.
   * @throws AppError ERR_RELAY_QUESTION if the question has an answer already
   */
  on(question: string, answer: Answer): void {
    if (this.answers.has(question))
      throw new AppError('ERR_RELAY_QUESTION', `the relay's question ${question} has an answer already: prefix it with the plug-in's name`)
    this.answers.set(question, answer)
  }

  /** The sum of all workers' numbers. */
  async sum(question: string, payload: RelayPayload): Promise<number> {
    let sum = 0
    for (const value of await this.ask(question, payload)) if (typeof value === 'number') sum += value
    return sum
  }

  /** The documents of all workers, in any order. */
  async gather(question: string, payload: RelayPayload): Promise<RelayPayload[]> {
    return (await this.ask(question, payload)).filter((value) => typeof value === 'object' && value !== null)
  }

  private async ask(question: string, payload: RelayPayload): Promise<readonly RelayValue[]> {
    // A plug-in in plain JavaScript may pass any value; the primary would ignore a malformed question.
    if (!isPayload(payload)) throw new TypeError(`the relay's question ${question}: its payload must be an object of strings`)
    const { link } = this
    if (link === undefined || link.isOpen === false) return [await this.own(question, payload)]
    if (this.isBusy || this.waiting.size >= MAX_WAITING) return []
    const id = ++this.lastId
    return new Promise((resolve) => {
      const finish = (values: readonly RelayValue[]) => {
        clearTimeout(timer)
        this.waiting.delete(id)
        resolve(values)
      }
      const timer = setTimeout(() => finish([]), PRIMARY_TIMEOUT_MS)
      this.waiting.set(id, finish)
      link.post({ kind: 'ask', id, question, payload })
    })
  }

  /** True if there are no other workers. */
  get isAlone(): boolean {
    return this.link === undefined
  }

  /** True while the primary leaves messages unread: counts would be discarded. */
  get isBusy(): boolean {
    return this.link?.isBusy === true && this.link.isOpen !== false
  }

  /**
   * Calls `onCounts` with the other workers' totals per key and with this worker's own counts as the primary knows them: at first all
   * keys, then changed ones. Supports one listener.
   */
  watchCounts(onCounts: (others: RelayCounts, own: RelayCounts) => void): void {
    this.onCounts = onCounts
    this.sendCounts({})
  }

  /** Sends this worker's counts to the other workers. Unchanged keys may be left out. */
  sendCounts(counts: RelayCounts): void {
    this.link?.post({ kind: 'counts', counts })
  }

  private async receive(received: unknown): Promise<void> {
    const message = parseRelayMessage(received)
    if (message?.kind === 'question') {
      // The worker that asked can't fix the error; its answer lacks this part.
      const value = await this.own(message.question, message.payload).catch((error: unknown) => {
        this.onFailure(message.question, error)
        return null
      })
      this.link?.post({ kind: 'answer', id: message.id, value: isTooLong(value) ? null : value })
    } else if (message?.kind === 'answers') this.waiting.get(message.id)?.(message.values)
    else if (message?.kind === 'others') this.onCounts(message.counts, message.own)
  }

  private async own(question: string, payload: RelayPayload): Promise<RelayValue> {
    const value = (await this.answers.get(question)?.(payload)) ?? null
    if (!isValue(value)) throw new TypeError(`the relay's question ${question}: an answer must be a number or an object of strings`)
    return value
  }
}

const isTooLong = (value: RelayValue) => typeof value === 'object' && lengthOf(value) > MAX_DOCUMENT_LENGTH

/** The characters of the names and texts in a message or a part of one. */
export function lengthOf(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 0
  let length = 0
  for (const [name, part] of Object.entries(value)) length += name.length + lengthOf(part)
  return length
}
