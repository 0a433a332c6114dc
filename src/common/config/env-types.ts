import { z } from 'zod'
import { parseGraphiteUrl } from './graphite-config.js'

/**
 * The types of environment variables. Every message names the cure and never the value, which may be a secret. Beside `description`, the
 * documentation of a variable shows these fields:
 */
declare module 'zod' {
  interface GlobalMeta {
    /** The type with its bounds, as a noun; omitted for text. */
    kind?: string
    /** The default, if it is no constant; omitted if there is none. */
    fallback?: string
    /** A value for .env.example, if the default is no constant. */
    example?: string
  }
}

export const DAY_MS = 86_400_000
export const DAY_S = 86_400

const TRUE = new Set(['true', 't', 'yes', 'y', '1', 'on'])
const FALSE = new Set(['false', 'f', 'no', 'n', '0', 'off'])

const booleanText = z
  .string()
  .toLowerCase()
  .refine((text) => TRUE.has(text) || FALSE.has(text), 'must be true or false (also t/f, yes/no, y/n, 1/0, on/off)')
  .transform((text) => TRUE.has(text))
  .meta({ kind: 'boolean' })

export const boolean = (fallback: boolean) => booleanText.default(fallback)

export const optionalBoolean = booleanText.optional()

export const integerWithin = (min: number, max: number) =>
  z
    .string()
    .refine((text) => /^\d{1,15}$/.test(text) && Number(text) >= min && Number(text) <= max, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .meta({ kind: `whole number from ${min} to ${max}` })

export const integer = (fallback: number, min: number, max: number) => integerWithin(min, max).default(fallback)

export const optionalInteger = (min: number, max: number) => integerWithin(min, max).optional()

const isRange = (text: string) => {
  const [min, max, ...rest] = text.split('-')
  return rest.length === 0 && [min, max].every((part) => /^\d{1,8}$/.test(part ?? '')) && Number(min) >= 1 && Number(min) <= Number(max)
}

/** `min-max`, bounds included. */
export const integerRange = (fallback: { readonly min: number; readonly max: number }, max: number) =>
  z
    .string()
    .refine(
      (text) => isRange(text) && Number(text.split('-')[1]) <= max,
      `must be two whole numbers from 1 to ${max}, the lower one first, such as ${fallback.min}-${fallback.max}`,
    )
    .transform((text) => {
      const [low, high] = text.split('-').map(Number)
      return { min: low ?? fallback.min, max: high ?? fallback.max }
    })
    .meta({ kind: `two whole numbers from 1 to ${max}` })
    .default(fallback)

export const oneOf = <const Names extends readonly [string, ...string[]]>(names: Names) => {
  const list = `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
  return z.enum(names, `must be ${list}`).meta({ kind: `one of ${list}` })
}

const isRedisUrl = (text: string) => {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, pathname, search, hash, username, password } = new URL(text)
  // An unencoded question mark or hash would end the password, and its rest would become a query.
  const isPlain = !`${search}${hash}`.includes('@') && isDecodable(username) && isDecodable(password)
  return isPlain && /^rediss?:$/.test(protocol) && hostname !== '' && /^(\/\d{0,4})?$/.test(pathname)
}

/** False if a percent sign in a password is not encoded. */
const isDecodable = (text: string) => {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

export const redisUrl = z
  .string()
  .refine(
    isRedisUrl,
    'must look like redis://[user]:[password]@host:6379/0 or rediss://… (percent-encode special characters of the password)',
  )
  .meta({ kind: 'URL' })

export const graphiteUrl = z
  .string()
  .refine((text) => parseGraphiteUrl(text) !== null, 'must look like tcp://host:2003 or udp://host:2003')
  .meta({ kind: 'URL' })

const isOrigin = (text: string) => URL.canParse(text) && new URL(text).origin === text

export const origins = z
  .string()
  .transform((text) => text.split(',').map((origin) => origin.trim()))
  .refine(
    (list) => list.every((origin) => (origin === '*' ? list.length === 1 : isOrigin(origin))),
    'must be * or a comma-separated list of origins such as https://example.com (scheme and host, no path)',
  )
  .meta({ kind: '`*`, or a comma-separated list' })

export const moduleNames = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  )
  .refine((names) => new Set(names).size === names.length, 'must name each module once')
  .meta({ kind: 'comma-separated list' })
