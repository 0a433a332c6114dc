import { encodeChunk, encodeEventName, encodeFrame, encodeRetry } from '../../common/core/sse-frame.js'

const TOKEN_EVENT = encodeEventName('token')
const NOTHING = Buffer.alloc(0)

/** What one stream is told behind the greeting, before any frame: when to come back if it ends, and its token. Empty where there is neither. */
export function encodeOpening(retryMs: number | null, token: string | null, isChunked: boolean): Buffer {
  const retry = retryMs === null ? NOTHING : encodeRetry(retryMs)
  const frame = token === null ? NOTHING : encodeFrame(Buffer.from(token), TOKEN_EVENT)
  const bytes = Buffer.concat([retry, frame])
  return isChunked && bytes.length > 0 ? encodeChunk(bytes) : bytes
}
