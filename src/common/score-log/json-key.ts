const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a

const isEscaped = (byte: number) => byte === QUOTE || byte === BACKSLASH

/**
 * `"<id>":` in JSON and UTF-8, of a good id: without control characters, quotes and backslashes alone need an escape. No string is made.
 */
export function jsonKey(id: Uint8Array): Uint8Array {
  let length = id.length + '"":'.length
  for (let i = 0; i < id.length; i++) if (isEscaped(id[i] ?? 0)) length++
  const key = new Uint8Array(length)
  let at = 0
  key[at++] = QUOTE
  for (let i = 0; i < id.length; i++) {
    const byte = id[i] ?? 0
    if (isEscaped(byte)) key[at++] = BACKSLASH
    key[at++] = byte
  }
  key[at++] = QUOTE
  key[at] = COLON
  return key
}
