import { describe, expect, it } from 'vitest'
import { adviceFor, warningsFor } from './redis-advice.js'

const target = (url: string, tlsInsecure = false) => ({ url, tlsCa: undefined, tlsInsecure })

describe('warningsFor', () => {
  it.each(['redis://host', 'redis://host/', 'redis://:secret@host/0', 'rediss://host'])('has nothing to say of %s', (url) => {
    expect(warningsFor(target(url))).toEqual([])
  })

  it('says that pub/sub ignores a database', () => {
    expect(warningsFor(target('redis://host/3'))).toEqual([expect.stringContaining('REDIS_URL names database 3: pub/sub ignores it')])
  })

  it('says that the certificate is not checked, where there is one', () => {
    expect(warningsFor(target('rediss://host', true))).toEqual([expect.stringContaining('REDIS_TLS_INSECURE is on')])
    expect(warningsFor(target('redis://host', true))).toEqual([])
  })

  it('says both', () => {
    expect(warningsFor(target('rediss://host/1', true))).toHaveLength(2)
  })

  it('shows neither user nor password', () => {
    const warnings = warningsFor(target('rediss://theuser:thesecret@host/1', true)).join()
    expect(warnings).not.toMatch(/theuser|thesecret/)
  })
})

describe('adviceFor', () => {
  it.each(['WRONGPASS invalid username-password pair or user is disabled.', 'NOAUTH Authentication required.', 'ERR invalid password'])(
    'asks for the right password: %s',
    (message) => {
      expect(adviceFor(message, target('redis://:thesecret@host'))).toContain('REDIS_URL needs the right password')
      expect(adviceFor(message, target('redis://host'))).toContain('REDIS_URL needs the right password')
    },
  )

  it('suspects the user where there is one, which the original streamers did not send', () => {
    const advice = adviceFor('WRONGPASS invalid username-password pair or user is disabled.', target('redis://h:thesecret@host'))
    expect(advice).toContain('REDIS_URL has a user')
    expect(advice).not.toContain('thesecret')
  })

  it('names the permission that is missing', () => {
    const message = 'NOPERM this user has no permissions to access one of the channels used as arguments'
    expect(adviceFor(message, target('redis://user:x@host'))).toContain(
      'ACL SETUSER <user> &stream.score_updates &stream.tweet_updates.* &stream.interaction.* &emojitrack.cut.*',
    )
  })

  it.each([
    'self-signed certificate',
    'self signed certificate in certificate chain',
    'unable to verify the first certificate',
    'certificate has expired',
  ])('names the variable for the authority: %s', (message) => {
    expect(adviceFor(message, target('rediss://host'))).toContain('REDIS_TLS_CA')
  })

  it('names the setting of Redis for the number of its clients', () => {
    expect(adviceFor('ERR max number of clients reached', target('redis://host'))).toContain('maxclients')
  })

  it('doubts the port where the replies are not those of Redis', () => {
    expect(adviceFor('the replies are not those of Redis: Unknown RESP type 72 "H"', target('redis://host'))).toContain(
      'the port of a Redis',
    )
  })

  it.each(['connect ECONNREFUSED 127.0.0.1:6379', 'getaddrinfo ENOTFOUND host', ''])('has none for %j', (message) => {
    expect(adviceFor(message, target('redis://host'))).toBeUndefined()
  })
})
