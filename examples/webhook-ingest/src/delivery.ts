import { idFault, MAX_ID_BYTES } from 'emojitrack-streamer/plugin'

/** The maximum number of updates in one request. */
export const MAX_UPDATES = 10_000
/** The longest detail, in bytes of JSON. */
export const MAX_DETAIL_BYTES = 65_536

/** The contents of a request: the ids of score updates, one for each update, and a detail as JSON text. */
export interface Delivery {
  readonly ids: readonly string[]
  readonly detail: { readonly id: string; readonly data: string } | null
}

/** The reason why a body is invalid, for its sender. */
export interface Fault {
  readonly fault: string
}

const FAULTS = {
  empty: 'is empty',
  'too-long': `is longer than ${MAX_ID_BYTES} bytes`,
  'control-character': 'holds a control character',
  'invalid-utf8': 'is not well-formed Unicode',
} as const

/** Parses the body of a request: `{"updates":["1F602",…]}`, `{"id":"1F602","detail":{…}}`, or both in one. */
export function readDelivery(body: unknown): Delivery | Fault {
  if (!isObject(body)) return { fault: 'the body must be a JSON object' }
  const { updates, id, detail, ...rest } = body
  const [stranger] = Object.keys(rest)
  if (stranger !== undefined) return { fault: `${JSON.stringify(stranger.slice(0, 64))} is no field; there are updates, id and detail` }
  const hasDetail = id !== undefined || detail !== undefined
  if (updates === undefined && !hasDetail) return { fault: 'the body must have updates, or an id and a detail' }
  const ids = updates === undefined ? [] : readUpdates(updates)
  if ('fault' in ids) return ids
  const read = hasDetail ? readDetail(id, detail) : null
  if (read !== null && 'fault' in read) return read
  return { ids, detail: read }
}

function readUpdates(updates: unknown): readonly string[] | Fault {
  if (!Array.isArray(updates) || !updates.every(isText)) return { fault: 'updates must be a list of ids, each a string' }
  if (updates.length > MAX_UPDATES) return { fault: `updates has ${updates.length} ids; ${MAX_UPDATES} are allowed in one request` }
  for (const [index, id] of updates.entries()) {
    const fault = faultOf(id)
    if (fault !== null) return { fault: `updates[${index}] ${fault}` }
  }
  return updates
}

function readDetail(id: unknown, detail: unknown): Delivery['detail'] | Fault {
  if (!isText(id)) return { fault: 'a detail needs an id, a string' }
  const fault = faultOf(id)
  if (fault !== null) return { fault: `id ${fault}` }
  if (!isObject(detail)) return { fault: 'an id needs a detail, a JSON object' }
  const data = JSON.stringify(detail)
  if (Buffer.byteLength(data) > MAX_DETAIL_BYTES) return { fault: `the detail is longer than ${MAX_DETAIL_BYTES} bytes` }
  return { id, data }
}

/** Checks an id by the rules for ids from Redis. */
function faultOf(id: string): string | null {
  const bytes = Buffer.from(id)
  // A lone surrogate, which has no encoding in UTF-8.
  if (bytes.toString() !== id) return FAULTS['invalid-utf8']
  const fault = idFault(bytes)
  return fault === null ? null : FAULTS[fault]
}

const isText = (value: unknown): value is string => typeof value === 'string'

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
