import type { RenewalConfig } from '../../../common/config/app-config.js'
import { DETAILS, detailId, isOfEps, RAW } from '../../../common/core/namespace.js'
import { chunkText, encodeComment, idField, retryField } from '../../../common/core/sse-frame.js'
import type { StreamStart } from './stream-start.service.js'

const GREETING = encodeComment('ok').toString()
/** How much earlier than planned a stream may be closed, so that streams that opened together do not reopen together. */
const JITTER = 0.2
/** The least and the greatest part of RETRY_MS, so that streams that are cut together do not reopen together. */
const LEAST_RETRY = 0.5
const RETRY_SPREAD = 1

/** The first bytes of a stream, up to its snapshot. */
export interface Prelude {
  /** Null where Node writes head and chunk framing. */
  readonly head: string | null
  readonly isChunked: boolean
  /** How long the client is to wait before it reconnects, ms. */
  readonly retryMs: number
  readonly token: string | null
  readonly start: Pick<StreamStart, 'id' | 'reset' | 'snapshot' | 'hasGap'>
}

/**
 * In one buffer: the head, unless Node writes it, then `:ok`, the reconnect time, and what the client has asked for: the id of the
 * beginning, the token, the reason of a reset or the notice of a gap, and in front of a snapshot its id.
 */
export function encodePrelude({ head, isChunked, retryMs, token, start: { id, reset, snapshot, hasGap } }: Prelude): Buffer {
  const idLine = id === null ? '' : `id:${id}\n`
  let body = GREETING + retryField(retryMs)
  if (id !== null) body += idField(id)
  if (token !== null) body += `event:token\ndata:${token}\n\n`
  if (reset !== null) body += `${idLine}event:reset\ndata:{"reason":"${reset}"}\n\n`
  if (snapshot !== null) body += idLine
  if (hasGap) body += `${idLine}event:gap\ndata:{"missed":null}\n\n`
  return Buffer.from((head ?? '') + (isChunked ? chunkText(body) : body), 'latin1')
}

/** How many frames a prelude holds, without a snapshot. */
export const framesIn = ({ token, start: { reset, hasGap } }: Pick<Prelude, 'token' | 'start'>): number =>
  [token !== null, reset !== null, hasGap].filter(Boolean).length

/** The planned end of a stream, and the reconnect of its client. */
export interface Renewal {
  /** How long the client is to wait before it reconnects, ms. */
  readonly retryMs: number
  /** How long the stream lives at most; Infinity where no end is planned. */
  readonly lifeMs: number
}

/**
 * Where a refresh is forced, raw, eps and multiplexed streams follow the score pair of variables and details the detail pair. All others
 * get RETRY_MS, each a different part of it. Browsers keep the last time of all, so every stream states its own. The bound on the age holds
 * for all.
 * @param random returns 0 to 1
 */
export function renewalOf(
  kind: { readonly namespaces: readonly string[]; readonly isNamed: boolean },
  isForced: boolean,
  config: RenewalConfig,
  random: () => number,
): Renewal {
  const pair = isForced ? pairOf(kind, config) : null
  const longestMs = Math.min(config.maxAgeMs, pair?.closeMs ?? Number.POSITIVE_INFINITY)
  return { retryMs: pair?.retryMs ?? jittered(config.retryMs, random()), lifeMs: longestMs * (1 - JITTER * random()) }
}

const jittered = (ms: number, random: number) => Math.max(1, Math.round(ms * (LEAST_RETRY + RETRY_SPREAD * random)))

function pairOf({ namespaces: [first = ''], isNamed }: Parameters<typeof renewalOf>[0], { score, detail }: RenewalConfig) {
  if (isNamed || isOfEps(first) || first === RAW) return score
  return first === DETAILS || detailId(first) !== null ? detail : null
}
