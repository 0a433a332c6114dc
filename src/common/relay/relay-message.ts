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
