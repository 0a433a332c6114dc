/** What a question carries, and a document that answers one; JSON. */
export type RelayPayload = Readonly<Record<string, string>>

/** A worker's part of an answer; null where it has none. */
export type RelayValue = number | RelayPayload | null

/**
 * The messages between a worker and its primary. `ask`: a worker wants the answers of all workers. `question`: the primary passes that on.
 * `answer`: a worker's part. `answers`: the primary's reply to the one that asked. `id` ties a reply to its question, on its own connection.
 */
export type RelayMessage =
  | { readonly kind: 'ask' | 'question'; readonly id: number; readonly question: string; readonly payload: RelayPayload }
  | { readonly kind: 'answer'; readonly id: number; readonly value: RelayValue }
  | { readonly kind: 'answers'; readonly id: number; readonly values: readonly RelayValue[] }

/** Reads a message of the process's channel, which Node and libraries use as well. Returns null for what isn't ours. */
export function parseRelayMessage(message: unknown): RelayMessage | null {
  if (typeof message !== 'object' || message === null || !('kind' in message) || !('id' in message)) return null
  const { kind, id } = message
  if (typeof id !== 'number') return null
  if (kind === 'answer') return 'value' in message && isValue(message.value) ? { kind, id, value: message.value } : null
  if (kind === 'answers') return 'values' in message && areValues(message.values) ? { kind, id, values: message.values } : null
  if ((kind !== 'ask' && kind !== 'question') || !('question' in message) || !('payload' in message)) return null
  const { question, payload } = message
  return typeof question === 'string' && isPayload(payload) ? { kind, id, question, payload } : null
}

const isPayload = (value: unknown): value is RelayPayload =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every((each) => typeof each === 'string')

const isValue = (value: unknown): value is RelayValue => value === null || typeof value === 'number' || isPayload(value)

const areValues = (value: unknown): value is RelayValue[] => Array.isArray(value) && value.every(isValue)
