import { Logger } from '@nestjs/common'
import { fastify, type InjectOptions } from 'fastify'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { parseConfig } from '../config/parse-config.js'
import { ClientAddresses } from './client-addresses.js'

const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined)
afterEach(() => warn.mockClear())

function aServer(TRUST_PROXY: string) {
  const config = parseConfig({ TRUST_PROXY }, { hostname: 'box', cores: 1, worker: null, readText: () => undefined })
  const addresses = new ClientAddresses(config)
  const app = fastify()
  app.get('/', (request) => addresses.of(request))
  return { ask: async (options: Omit<InjectOptions, 'url'>) => (await app.inject({ url: '/', ...options })).json() }
}

const FORWARDED = { 'x-forwarded-for': '192.0.2.7' }

describe('ClientAddresses', () => {
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
