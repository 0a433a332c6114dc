import { isIP } from 'node:net'
import { expect, it } from 'vitest'
import { listenAddress } from './serve.js'

it('listens on the first address of localhost alone, and on any other host as it is given', async () => {
  const resolve = async () => ({ address: '::1' })
  expect(await listenAddress('localhost', resolve)).toBe('::1')
  expect(await listenAddress('0.0.0.0', resolve)).toBe('0.0.0.0')
})

it('listens on all addresses where no host is given', async () => {
  const address = await listenAddress(undefined)
  expect(isIP(address)).not.toBe(0)
  expect(['::', '0.0.0.0']).toContain(address)
})
