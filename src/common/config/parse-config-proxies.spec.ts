import { describe, expect, it } from 'vitest'
import { parseConfig } from './parse-config.js'

const proxiesOf = (variables: Record<string, string>) =>
  parseConfig(variables, { hostname: 'box', cores: 1, worker: null, readText: () => undefined }).trustedProxies

describe('TRUST_PROXY', () => {
  it.each([
    ['loopback', ['loopback']],
    ['loopback, linklocal,uniquelocal', ['loopback', 'linklocal', 'uniquelocal']],
    ['192.0.2.1', ['192.0.2.1']],
    [' 10.0.0.0/8 ,2001:db8::/32', ['10.0.0.0/8', '2001:db8::/32']],
    ['10.0.0.0/255.0.0.0', ['10.0.0.0/255.0.0.0']],
  ])('%j names proxies', (text, proxies) => {
    expect(proxiesOf({ TRUST_PROXY: text })).toEqual(proxies)
  })

  it.each([
    'true',
    'false',
    '1',
    '2',
    '*',
    'all',
    'proxy.example',
    '0.0.0.0/0',
    '::/0',
    '10.0.0.0/33',
    '10.0.0.0/',
    '127.1',
    '10.0.0.1,',
    ',',
  ])('%j is refused', (text) => {
    expect(() => proxiesOf({ TRUST_PROXY: text })).toThrow('TRUST_PROXY must be a comma-separated list')
  })

  it('trusts no proxy by default, the routers on Heroku, and the named proxies', () => {
    expect(proxiesOf({})).toEqual([])
    expect(proxiesOf({ DYNO: 'web.1' })).toEqual(['uniquelocal'])
    expect(proxiesOf({ DYNO: 'web.1', TRUST_PROXY: '' })).toEqual(['uniquelocal'])
    expect(proxiesOf({ DYNO: 'web.1', TRUST_PROXY: 'loopback' })).toEqual(['loopback'])
  })
})
