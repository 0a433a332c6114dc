/** The text in place of a missing figure. */
export const MISSING = '–'

const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

type Format = (value: number) => string

/** The formatted figure, or MISSING. */
export const orMissing = (value: number | null, format: Format): string => (value === null ? MISSING : format(value))

/** A count or a rate in at most five characters or so: `0.4`, `58.8`, `403`, `9,999`, `12.3k`, `4.56M`. */
export function formatCount(value: number): string {
  if (value >= 999_500) return `${threeDigits(value / 1e6)}M`
  if (value >= 9_999.5) return `${threeDigits(value / 1e3)}k`
  return value < 100 ? String(Math.round(value * 10) / 10) : WHOLE.format(value)
}

/** A number in full, with separators. */
export const formatWhole: Format = (value) => WHOLE.format(value)

/** A size: `0 B`, `812 B`, `1.21 kB`, `34.5 MB`. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(Math.floor(Math.log10(bytes * 1.0005) / 3), UNITS.length - 1)
  const value = bytes / 1000 ** power
  return `${power === 0 ? WHOLE.format(value) : threeDigits(value)} ${UNITS[power]}`
}

/** A time in its two largest units: `42 s`, `3 min 20 s`, `2 h 5 min`, `4 d 3 h`. */
export function formatSeconds(seconds: number): string {
  const s = Math.max(0, Math.round(seconds))
  if (s < 60) return `${s} s`
  if (s < 3600) return pair(Math.floor(s / 60), 'min', s % 60, 's')
  if (s < 86_400) return pair(Math.floor(s / 3600), 'h', Math.floor((s % 3600) / 60), 'min')
  return pair(Math.floor(s / 86_400), 'd', Math.floor((s % 86_400) / 3600), 'h')
}

/** A short time: `0 ms`, `340 ms`, then as `formatSeconds`. */
export const formatMs: Format = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : formatSeconds(ms / 1000))

const pair = (large: number, largeUnit: string, small: number, smallUnit: string) =>
  small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`

const threeDigits = (value: number) => value.toPrecision(Math.max(3, Math.floor(Math.log10(value)) + 1))
