/** The epochs in ids: 8 to 16 of these characters. */
const ID = /^([0-9a-z]{8,16})-([0-9a-z]{1,11})(?:_([0-9a-z]{1,11})_([0-9a-z]{1,11}))?(?:\.([0-9a-z]{1,11}))?$/
/** The base of the numbers in ids: 11 digits of it hold any exact number. */
const RADIX = 36

/**
 * The place of a stream in the sequence of updates and details, as its event id says it. The numbers are positions of the epoch that the id
 * names.
 */
export interface IdParts {
  readonly epoch: string
  readonly eps: number
  readonly raw: number
  readonly message: number
  /** The number of details that came at the position `message`; null for all of them. */
  readonly ordinal: number | null
}

/**
 * The text of an id, at most 64 characters of `[0-9a-z._-]` (docs/wire-format.md): `<epoch>-<position>` where all three positions are the
 * same, else `<epoch>-<eps>_<raw>_<message>`; then `.<ordinal>` where there is one. Numbers have the base 36.
 */
export function formatId({ epoch, eps, raw, message, ordinal }: IdParts): string {
  const place = eps === raw && raw === message ? text(eps) : `${text(eps)}_${text(raw)}_${text(message)}`
  return ordinal === null ? `${epoch}-${place}` : `${epoch}-${place}.${text(ordinal)}`
}

/** Null for a text that is no id. */
export function parseId(id: string): IdParts | null {
  const [, epoch, first, second, third, ordinal] = ID.exec(id) ?? []
  if (epoch === undefined || first === undefined) return null
  const eps = Number.parseInt(first, RADIX)
  const raw = second === undefined ? eps : Number.parseInt(second, RADIX)
  const message = third === undefined ? eps : Number.parseInt(third, RADIX)
  const parts = { epoch, eps, raw, message, ordinal: ordinal === undefined ? null : Number.parseInt(ordinal, RADIX) }
  return [eps, raw, message, parts.ordinal ?? 0].every(Number.isSafeInteger) ? parts : null
}

const text = (position: number) => position.toString(RADIX)
