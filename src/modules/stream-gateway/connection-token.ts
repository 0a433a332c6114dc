import { randomBytes } from 'node:crypto'

const PARAMETER = 'token'
const TOKEN_BYTES = 16
/** What base64url makes of so many bytes. */
const SHAPE = /^[\w-]{22}$/

/** Names one stream, for its client alone: nobody can guess it. */
export const newToken = (): string => randomBytes(TOKEN_BYTES).toString('base64url')

/** Whether the query of a stream asks for a token, `?token=1`; null for any other value. */
export function wantsToken(query: string): boolean | null {
  const values = valuesIn(query)
  return values.every((value) => value === '1') ? values.length > 0 : null
}

/** The token that the query of a cleanup names: null where it names none, `''`, which fits no stream, for what can't be a token. */
export function tokenIn(query: string): string | null {
  const [value, ...more] = valuesIn(query)
  if (value === undefined) return null
  return more.length === 0 && SHAPE.test(value) ? value : ''
}

const valuesIn = (query: string): string[] => (query === '' ? [] : new URLSearchParams(query).getAll(PARAMETER))
