import type { RedisConfig } from '../../common/config/app-config.js'
import { INTERACTION_PATTERN, MARKER_PATTERN, SCORE_UPDATES, TWEET_UPDATES_PATTERN } from '../../common/core/namespace.js'
import { databaseOf } from '../../common/platform/redis.js'

const CHANNELS = [SCORE_UPDATES, TWEET_UPDATES_PATTERN, INTERACTION_PATTERN, MARKER_PATTERN]

/** The error of a link that answers and delivers nothing. */
export const DEAF = 'Redis answers, and delivers nothing: a marker was published, and the subscription did not bring it'

/** The unusual parts of a Redis configuration, one line each. No line contains a secret. */
export function warningsFor({ url, tlsInsecure }: RedisConfig): string[] {
  const { pathname, protocol } = new URL(url)
  const warnings: string[] = []
  const db = databaseOf(pathname)
  if (db !== 0) warnings.push(`REDIS_URL names database ${db}: pub/sub ignores it, and the original streamers always used database 0`)
  if (tlsInsecure && protocol === 'rediss:') {
    warnings.push('REDIS_TLS_INSECURE is on: the certificate of Redis is not checked; give its authority in REDIS_TLS_CA instead')
  }
  return warnings
}

/** The cure for an error of the connection, if there is one to name. */
export function adviceFor(message: string, { url }: RedisConfig): string | undefined {
  if (/WRONGPASS|NOAUTH|invalid password|invalid username/i.test(message)) {
    return new URL(url).username === ''
      ? 'REDIS_URL needs the right password: redis://:password@host'
      : 'REDIS_URL has a user, which Redis checks (the original streamers sent the password only): try redis://:password@host'
  }
  if (/NOPERM/.test(message))
    return `grant the user of REDIS_URL exactly these channels: ACL SETUSER <user> ${CHANNELS.map((name) => `&${name}`).join(' ')}`
  if (/self.signed|certificate|CERT_/i.test(message)) return 'give the authority that signed the certificate in REDIS_TLS_CA'
  if (/max number of clients/.test(message)) return 'raise maxclients in redis.conf: a process of this server takes four connections'
  if (message === DEAF) return 'REDIS_URL must lead every connection to the Redis to which the feeder publishes, after a failover too'
  if (/not those of Redis/.test(message)) return 'REDIS_URL must name the port of a Redis; rediss:// is for a port that speaks TLS'
  return undefined
}
