import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { presentedToken } from './presented-token.js'

const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`

describe('the token that a request presents', () => {
  it.each([
    ['Bearer s3cret', 's3cret'],
    ['bearer   s3cret ', 's3cret'],
    [basic('admin:s3cret'), 's3cret'],
    [basic(':s3cret'), 's3cret'],
    [basic('admin:with:colons'), 'with:colons'],
    [basic('admin:').replace('Basic', 'BASIC'), ''],
  ])('in %j is %j', (authorization, token) => {
    expect(presentedToken(authorization)).toBe(token)
  })

  it.each([undefined, '', 'Bearer', 'Bearer ', 'Basic', 's3cret', 'Digest s3cret', basic('no colon'), 'Bearer two words'])(
    'is none in %j',
    (authorization) => {
      expect(presentedToken(authorization)).toBeNull()
    },
  )

  it('comes back whatever it is made of', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[\x21-\x7e]{16,40}$/),
        fc.string().filter((user) => !user.includes(':')),
        (token, user) => {
          expect(presentedToken(`Bearer ${token}`)).toBe(token)
          expect(presentedToken(basic(`${user}:${token}`))).toBe(token)
        },
      ),
    )
  })

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => void presentedToken(text)))
    fc.assert(fc.property(fc.string(), (text) => void presentedToken(`Basic ${text}`)))
  })
})
