/** What a question carries; JSON. */
export type RelayPayload = Readonly<Record<string, string>>

/**
 * The messages between a worker and its primary. `ask`: a worker wants the sum of all workers' answers. `question`: the primary passes that on.
 * `answer`: a worker's part. `sum`: the primary's reply to the one that asked. `id` ties a reply to its question, on its own connection.
 */
export type RelayMessage =
  | { readonly kind: 'ask' | 'question'; readonly id: number; readonly question: string; readonly payload: RelayPayload }
  | { readonly kind: 'answer' | 'sum'; readonly id: number; readonly value: number }

/** Reads a message of the process's channel, which Node and libraries use as well. Returns null for what isn't ours. */
export function parseRelayMessage(message: unknown): RelayMessage | null {
  if (typeof message !== 'object' || message === null || !('kind' in message) || !('id' in message)) return null
  const { kind, id } = message
  if (typeof id !== 'number') return null
  if ((kind === 'answer' || kind === 'sum') && 'value' in message && typeof message.value === 'number')
    return { kind, id, value: message.value }
  if ((kind !== 'ask' && kind !== 'question') || !('question' in message) || !('payload' in message)) return null
  const { question, payload } = message
  return typeof question === 'string' && isPayload(payload) ? { kind, id, question, payload } : null
}

const isPayload = (value: unknown): value is RelayPayload =>
  typeof value === 'object' && value !== null && Object.values(value).every((each) => typeof each === 'string')
