import { fastify } from 'fastify'
import { expect, it } from 'vitest'
import { clientIpOf } from './client-ip.js'

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::1', '::1'],
  ['2001:db8::ffff:1', '2001:db8::ffff:1'],
  ['fe80::1%eth0', 'fe80::1%eth0'],
])('the address of a client at %s is %s, whatever it says of itself', async (remoteAddress, address) => {
  const app = fastify()
  app.get('/', (request) => clientIpOf(request))
  const { body } = await app.inject({ url: '/', remoteAddress, headers: { 'x-forwarded-for': '6.6.6.6' } })
  expect(body).toBe(address)
  await app.close()
})

it('a client that has gone has none', async () => {
  const app = fastify()
  app.get('/', (request) => {
    Object.defineProperty(request.raw.socket, 'remoteAddress', { value: undefined })
    return { address: clientIpOf(request) }
  })
  expect((await app.inject({ url: '/' })).json()).toEqual({ address: '' })
  await app.close()
})
