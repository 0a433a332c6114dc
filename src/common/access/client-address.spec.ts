import { isIP } from 'node:net'
import proxyAddr from '@fastify/proxy-addr'
import { Logger } from '@nestjs/common'
import fc from 'fast-check'
import { fastify, type InjectOptions } from 'fastify'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { parseConfig } from '../config/parse-config.js'
import { ClientAddressResolver, clientAddress } from './client-address.js'

const PROXY = '10.0.0.1'
const CLIENT = '192.0.2.7'

const trust = (...ranges: string[]) => {
  const isTrusted = proxyAddr.compile(ranges)
  return (address: string) => isTrusted(address, 0)
}
const NOBODY = trust()
const PRIVATE = trust('uniquelocal', 'loopback')

const own = (address: string) => ({ address, isShared: false })
const shared = (address: string) => ({ address, isShared: true })
const forwardedFor = (list: string) => ({ 'x-forwarded-for': list })

describe('the address of a client', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::1', '::1'],
    ['2001:db8::ffff:1', '2001:db8::ffff:1'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
  ])('at %s is %s', (peer, address) => {
    expect(clientAddress(peer, {}, NOBODY)).toEqual(own(address))
  })

  it('that has gone is unknown', () => {
    expect(clientAddress(undefined, forwardedFor(CLIENT), PRIVATE)).toEqual(own(''))
  })

  it.each(['x-forwarded-for', 'x-real-ip', 'forwarded'])(
    'is that of a router where it speaks for others by %s and is not believed',
    (header) => {
      expect(clientAddress('203.0.113.1', { [header]: CLIENT }, NOBODY)).toEqual(shared('203.0.113.1'))
      expect(clientAddress('203.0.113.1', { [header]: CLIENT }, PRIVATE)).toEqual(shared('203.0.113.1'))
    },
  )

  it('is a proxy’s own where it speaks for nobody', () => {
    expect(clientAddress(PROXY, {}, PRIVATE)).toEqual(own(PROXY))
  })

  it.each([
    [CLIENT, CLIENT],
    [`6.6.6.6, ${CLIENT}`, CLIENT],
    [`6.6.6.6, ${CLIENT}, 10.0.0.2, 192.168.0.3`, CLIENT],
    [`<script>, ${CLIENT}`, CLIENT],
    [`,, ${CLIENT} ,`, CLIENT],
    [`${CLIENT}:4711`, CLIENT],
    [`::ffff:${CLIENT}`, CLIENT],
    ['::ffff:c000:207', CLIENT],
    ['2001:DB8:0::1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['10.0.0.9, 10.0.0.2', '10.0.0.9'],
    [PROXY, PROXY],
  ])('behind a trusted proxy that says %j is %s', (list, address) => {
    expect(clientAddress(`::ffff:${PROXY}`, forwardedFor(list), PRIVATE)).toEqual(own(address))
  })

  it.each([
    ['', PROXY],
    [' , ', PROXY],
    ['unknown', PROXY],
    [`${CLIENT}, unknown`, PROXY],
    [`${CLIENT}, unknown, 10.0.0.2`, '10.0.0.2'],
    [`${CLIENT}:`, PROXY],
    [`[${CLIENT}`, PROXY],
    ['fe80::1%eth0', PROXY],
    ['1', PROXY],
    ['192.0.2', PROXY],
  ])('is shared behind a trusted proxy that says %j', (list, address) => {
    expect(clientAddress(PROXY, forwardedFor(list), PRIVATE)).toEqual(shared(address))
  })

  it('is that of X-Real-IP only from a trusted peer that sends no X-Forwarded-For', () => {
    expect(clientAddress(PROXY, { 'x-real-ip': ` ${CLIENT}` }, PRIVATE)).toEqual(own(CLIENT))
    expect(clientAddress(PROXY, { 'x-real-ip': '6.6.6.6', ...forwardedFor(CLIENT) }, PRIVATE)).toEqual(own(CLIENT))
    expect(clientAddress(PROXY, { 'x-real-ip': '6.6.6.6', ...forwardedFor('') }, PRIVATE)).toEqual(shared(PROXY))
    expect(clientAddress(PROXY, { 'x-real-ip': `6.6.6.6, ${CLIENT}` }, PRIVATE)).toEqual(shared(PROXY))
    expect(clientAddress(PROXY, { forwarded: `for=${CLIENT}` }, PRIVATE)).toEqual(shared(PROXY))
  })

  it('is an address or unknown, whatever the headers hold', () => {
    const address = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.ipV4().map((text) => `::ffff:${text}`),
    )
    const entry = fc.oneof(
      address,
      fc.string(),
      fc.string({ unit: 'binary' }),
      address.map((text) => `[${text}]:80`),
      address.map((text) => `${text}:80`),
    )
    const list = fc.array(entry).map((entries) => entries.join(','))
    const headers = fc.record({ 'x-forwarded-for': list, 'x-real-ip': entry, forwarded: entry }, { requiredKeys: [] })
    fc.assert(
      fc.property(
        fc.option(address, { nil: undefined }),
        headers,
        fc.constantFrom(NOBODY, PRIVATE, () => true),
        (peer, given, isTrusted) => {
          const { address: found } = clientAddress(peer, given, isTrusted)
          if (found !== '') expect(isIP(found)).not.toBe(0)
          expect(found).not.toMatch(/^::ffff:\d/)
          expect(found === '').toBe(peer === undefined)
        },
      ),
    )
  })

  it('cannot be chosen by a client behind a trusted proxy that appends', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.ipV4(), fc.string())), (entries) => {
        expect(clientAddress(PROXY, forwardedFor([...entries, CLIENT].join(', ')), PRIVATE)).toEqual(own(CLIENT))
      }),
    )
  })
})

const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined)
afterEach(() => warn.mockClear())

function aServer(TRUST_PROXY: string) {
  const config = parseConfig({ TRUST_PROXY }, { hostname: 'box', cores: 1, worker: null, readText: () => undefined })
  const addresses = new ClientAddressResolver(config)
  const app = fastify()
  app.get('/', (request) => addresses.of(request))
  return { ask: async (options: Omit<InjectOptions, 'url'>) => (await app.inject({ url: '/', ...options })).json() }
}

const FORWARDED = { 'x-forwarded-for': '192.0.2.7' }

describe('ClientAddressResolver', () => {
  it('believes the proxies of TRUST_PROXY', async () => {
    const { ask } = aServer('10.0.0.0/8')
    expect(await ask({ remoteAddress: '10.1.2.3', headers: FORWARDED })).toEqual({ address: '192.0.2.7', isShared: false })
    expect(warn).not.toHaveBeenCalled()
  })

  it('warns once, naming TRUST_PROXY, of a peer that it does not believe', async () => {
    const { ask } = aServer('')
    for (let n = 0; n < 3; n++) {
      expect(await ask({ remoteAddress: '203.0.113.1', headers: FORWARDED })).toEqual({ address: '203.0.113.1', isShared: true })
    }
    expect(warn).toHaveBeenCalledOnce()
    expect(warn).toHaveBeenCalledWith(expect.objectContaining({ peer: '203.0.113.1', advice: expect.stringContaining('TRUST_PROXY') }))
  })
})
