import type { RedisConfig } from '../../common/config/app-config.js'
import { databaseOf } from '../../common/platform/redis.js'

/** What is unusual about a Redis configuration, a line each. No line holds a secret. */
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

/** The cure for an error of the connection, where there is one to name. */
export function adviceFor(message: string, { url }: RedisConfig): string | undefined {
  if (/WRONGPASS|NOAUTH|invalid password|invalid username/i.test(message)) {
    return new URL(url).username === ''
      ? 'REDIS_URL needs the right password: redis://:password@host'
      : 'REDIS_URL has a user, which Redis checks (the original streamers sent the password only): try redis://:password@host'
  }
  if (/NOPERM/.test(message))
    return 'the user of REDIS_URL needs these channels, to the letter: ACL SETUSER <user> &stream.score_updates &stream.tweet_updates.* &stream.interaction.*'
  if (/self.signed|certificate|CERT_/i.test(message)) return 'give the authority that signed the certificate in REDIS_TLS_CA'
  return undefined
}
