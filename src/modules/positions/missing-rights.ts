import { MARKER_PATTERN } from '../../common/core/namespace.js'
import { firstLine } from '../../common/platform/errors.js'

/** The sorted set id → count that the feeder keeps, and the name of its data set. */
export const SCORES_KEY = 'emojitrack_score'
export const EPOCH_KEY = `${SCORES_KEY}_epoch`

/** The rights of a Redis user that cuts need. */
export const CUT_RIGHTS = [
  `~${SCORES_KEY}`,
  `~${EPOCH_KEY}`,
  ...['zcard', 'zrange', 'get', 'set', 'multi', 'exec', 'watch', 'unwatch', 'publish'].map((name) => `+${name}`),
  `&${MARKER_PATTERN}`,
]

/**
 * The right, as ACL SETUSER takes it, that is missing for a command with this key; null for an error of another kind. The wording of Redis
 * differs between versions.
 */
export function missingRight(error: unknown, key: string): string | null {
  const line = firstLine(error)
  // A transaction that may not be ended: EXECABORT … because of: NOPERM …
  if (!/^(EXECABORT .* )?NOPERM /.test(line)) return null
  const [, command] = /'([a-z]+)/i.exec(line) ?? []
  if (command !== undefined) return `+${command.toLowerCase()}`
  return /channel/.test(line) ? `&${MARKER_PATTERN}` : `~${key}`
}
