import { HASH_START, hashStep } from '../../tally.js'
import { countedPath, ECHO_PATH, EPS_PATH, FIRST_SECOND, LAST_SECOND, RAW_PATH, STAMP_MARK } from '../../wire.js'
import type { StreamRecord } from './stream-record.js'

/** Reads the payload between two places of a buffer. It makes no string, since hundreds of thousands of payloads arrive in a second. */
export type PayloadReader = (bytes: Buffer, from: number, to: number, record: StreamRecord) => void

const QUOTE = 0x22
const COLON = 0x3a
const COMMA = 0x2c
const OPEN = 0x7b
const CLOSE = 0x7d
const ZERO = 0x30
const NINE = 0x39

/** The place of the stamp in a post, `{"id":"T…T",…` (feed/message-source.ts). */
const DETAIL_STAMP = 7

export function readerFor(path: string): PayloadReader {
  const counted = countedPath(path)
  if (counted === EPS_PATH || counted === ECHO_PATH) return readScores
  return counted === RAW_PATH ? readRaw : readDetail
}

/** `{"<id>":<increments>,…}`; no id of the feed needs an escape. */
function readScores(bytes: Buffer, from: number, to: number, record: StreamRecord): void {
  let at = from
  let before = bytes[at++]
  if (before === OPEN) before = COMMA
  while (before === COMMA && bytes[at] === QUOTE) {
    const end = readId(bytes, ++at, to, QUOTE, record)
    const last = bytes[end - 1] ?? 0
    at = end + 1
    if (bytes[at++] !== COLON) break
    let increments = 0
    for (let digit = bytes[at] ?? 0; digit >= ZERO && digit <= NINE; digit = bytes[++at] ?? 0) increments = increments * 10 + digit - ZERO
    record.count(lastHash, increments)
    if (last >= FIRST_SECOND && last <= LAST_SECOND) record.countSecond(last - FIRST_SECOND, lastHash, increments)
    before = bytes[at++]
  }
  if (before !== CLOSE || at !== to) record.malformed++
}

const readRaw: PayloadReader = (bytes, from, to, record) => {
  readId(bytes, from, to, -1, record)
  record.count(lastHash, 1)
}

const readDetail: PayloadReader = (bytes, from, to, record) => {
  if (readId(bytes, from + DETAIL_STAMP, to, QUOTE, record) === to) record.malformed++
  record.count(lastHash, 1)
}

/** The hash of the last id: a second result of `readId` that costs no object. */
let lastHash = 0

/** Reads up to the byte `end` or to `to`. Returns the place where it stopped. */
function readId(bytes: Buffer, from: number, to: number, end: number, record: StreamRecord): number {
  let hash = HASH_START
  let stamp = 0
  let at = from
  for (; at < to; at++) {
    const byte = bytes[at] ?? 0
    if (byte === end) break
    hash = hashStep(hash, byte)
    if (byte >= ZERO && byte <= NINE) stamp = stamp * 10 + byte - ZERO
  }
  lastHash = hash
  if (bytes[from] === STAMP_MARK) record.stamped(stamp)
  return at
}
