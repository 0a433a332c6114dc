import { describe, expect, it } from 'vitest'
import { parseConfig } from './parse-config.js'

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'
const KEY = '-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n'
const FILES: Record<string, string> = { '/etc/ca.pem': PEM, '/etc/key.pem': KEY, '/etc/empty.pem': '' }

const parse = (variables: Record<string, string>) =>
  parseConfig(variables, { hostname: 'box', cores: 2, worker: null, readText: (path) => FILES[path] })

describe('REDIS_URL', () => {
  it.each([
    'redis://host',
    'redis://host/',
    'redis://host:6380/0',
    'rediss://:secret@host:6379/15',
    'redis://user:se%40cret@host',
    'redis://[::1]:6379',
  ])('takes %s as it stands', (url) => {
    expect(parse({ REDIS_URL: url }).redis).toEqual({ url, tlsCa: undefined, tlsInsecure: false })
  })

  it.each([
    'host:6379',
    'http://host',
    'redis:host',
    'redis://',
    'redis:///0',
    'redis://:6379',
    'redis://host:port',
    'redis://host:70000',
    'redis://host/cache',
    'redis://host/0/1',
    'redis://host/12345',
    'redis://:pass#word@host',
    'redis://:pass/word@host',
  ])('refuses %s', (url) => {
    expect(() => parse({ REDIS_URL: url })).toThrow('REDIS_URL must look like redis://')
  })

  it.each(['redis://:100%@host', 'redis://50%user:secret@host'])('refuses %s, whose percent sign would fail to decode later', (url) => {
    expect(() => parse({ REDIS_URL: url })).toThrow('REDIS_URL must look like redis://')
  })

  it.each(['redis://default:123?abc@host', 'redis://default:123#abc@host'])('refuses %s, whose password would be cut short', (url) => {
    expect(() => parse({ REDIS_URL: url })).toThrow('REDIS_URL must look like redis://')
  })

  it.each(['production', 'staging', 'Production', 'live'])('must be set in %s', (environment) => {
    for (const name of ['NODE_ENV', 'GO_ENV', 'RACK_ENV']) {
      expect(() => parse({ [name]: environment })).toThrow(`REDIS_URL must be set in ${environment}`)
      expect(() => parse({ [name]: environment, REDIS_URL: '' })).toThrow(`REDIS_URL must be set in ${environment}`)
    }
  })

  it('may be missing anywhere else', () => {
    expect(parse({ NODE_ENV: 'test' }).redis).toBeNull()
  })
})

describe('REDIS_TLS_CA', () => {
  it.each([
    ['a certificate', PEM],
    ['the path of one', '/etc/ca.pem'],
  ])('takes %s', (_, REDIS_TLS_CA) => {
    expect(parse({ REDIS_URL: 'rediss://host', REDIS_TLS_CA }).redis?.tlsCa).toBe(PEM)
  })

  it.each([
    ['a private key', KEY],
    ['the path of one', '/etc/key.pem'],
    ['the path of an empty file', '/etc/empty.pem'],
    ['a path that leads nowhere', '/etc/none.pem'],
  ])('refuses %s', (_, REDIS_TLS_CA) => {
    expect(() => parse({ REDIS_URL: 'rediss://host', REDIS_TLS_CA })).toThrow('REDIS_TLS_CA must be a PEM certificate or the path')
  })
})
