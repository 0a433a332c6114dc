import { isUtf8 } from 'node:buffer'
import type { IdFault } from '../stats/reasons.js'

/** The longest id, in bytes of UTF-8. */
export const MAX_ID_BYTES = 128

export type { IdFault } from '../stats/reasons.js'

/**
 * Checks an id, the name of the object of a score or a detail. Ids are opaque: all UTF-8 is valid except control characters (C0, DEL,
 * C1), which could forge fields in logs and frames. Browsers would read invalid UTF-8 as U+FFFD. Returns null for a valid id.
 */
export function idFault(id: Uint8Array): IdFault | null {
  const { length } = id
  if (length === 0) return 'empty'
  if (length > MAX_ID_BYTES) return 'too-long'
  let isAscii = true
  for (let i = 0; i < length; i++) {
    const byte = id[i] ?? 0
    if (byte < 0x20 || byte === 0x7f) return 'control-character'
    if (byte >= 0x80) isAscii = false
  }
  if (isAscii) return null
  if (!isUtf8(id)) return 'invalid-utf8'
  // C1 controls, U+0080 to U+009F, are the byte pairs C2 80 to C2 9F.
  for (let i = id.indexOf(0xc2); i !== -1; i = id.indexOf(0xc2, i + 1)) {
    if ((id[i + 1] ?? 0xff) < 0xa0) return 'control-character'
  }
  return null
}
