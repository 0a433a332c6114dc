import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream'
import { createServer } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { selfSigned } from '../../support/proxies/self-signed.js'
import { aFeeder, aRedis, aServer, openClient } from '../../support/servers/fixtures.js'
import { freePort } from '../../support/servers/free-port.js'
import { statusOf, untilReady } from '../../support/servers/probes.js'
import { complaints } from '../../support/servers/server-log.js'
import type { ServerEnv } from '../../support/servers/server-process.js'
import { eventually } from '../../support/waiting/eventually.js'

describe('a rediss:// URL, where Redis has a certificate that no known authority has signed', () => {
  let folder: string
  let certificate: string
  let otherCertificate: string
  const key = () => join(folder, 'redis.key')

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'emojitrack-tls-'))
    certificate = join(folder, 'redis.crt')
    otherCertificate = join(folder, 'other.crt')
    const own = await selfSigned()
    writeFileSync(certificate, own.certificate)
    writeFileSync(key(), own.key)
    writeFileSync(otherCertificate, (await selfSigned()).certificate)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it.each([
    ['a file', () => certificate],
    ['text', () => readFileSync(certificate, 'utf8')],
  ])('works with that certificate in REDIS_TLS_CA as %s', async (_what, ca) => {
    const { server, feeder } = await setUp({ REDIS_TLS_CA: ca() })
    await untilReady(server, true)
    const client = await openClient(server, { path: '/subscribe/eps' })
    await feeder.update('1F602')
    await client.until('the update', ({ counts }) => counts.get('1F602') === 1)
    expect(complaints(server)).toEqual([])
  })

  it.each([
    ['without', () => ({})],
    ['with another authority in', () => ({ REDIS_TLS_CA: otherCertificate })],
  ])('is refused %s REDIS_TLS_CA, with the cure in the log', async (_what, env: () => ServerEnv) => {
    const { server } = await setUp(env())
    await eventually('the log names the cure', () => complaints(server).some(({ advice }) => String(advice).includes('REDIS_TLS_CA')))
    expect(await statusOf(server, '/health/live')).toBe(200)
    expect(await statusOf(server, '/health/ready')).toBe(503)
  })

  it('receives the name of the host (SNI), as an endpoint for several names needs it', async () => {
    const redis = await aRedis()
    const names = new Set<unknown>()
    const front = createServer({ key: readFileSync(key()), cert: readFileSync(certificate) }, (socket) => {
      names.add(Reflect.get(socket, 'servername'))
      pipeline(socket, connect(redis.port, '127.0.0.1'), socket, () => undefined)
    })
    onTestFinished(() => void front.close())
    const port = await freePort()
    front.listen(port, '127.0.0.1')
    const server = await aServer({ REDIS_URL: `rediss://localhost:${port}`, REDIS_TLS_CA: certificate })
    await untilReady(server, true)
    expect([...names]).toEqual(['localhost'])
    expect(complaints(server)).toEqual([])
  })

  it('works with REDIS_TLS_INSECURE=true, with a warning', async () => {
    const { server, feeder } = await setUp({ REDIS_TLS_INSECURE: 'true' })
    await untilReady(server, true)
    const client = await openClient(server, { path: '/subscribe/eps' })
    await feeder.update('1F602')
    await client.until('the update', ({ counts }) => counts.get('1F602') === 1)
    expect(complaints(server)).toEqual([expect.objectContaining({ level: 40, msg: expect.stringContaining('REDIS_TLS_INSECURE') })])
  })

  it('never falls back to a plain connection', async () => {
    const redis = await aRedis()
    const server = await aServer({ REDIS_URL: `rediss://127.0.0.1:${redis.port}`, REDIS_TLS_INSECURE: 'true' })
    await eventually('the log says so', () => complaints(server).some(({ msg }) => msg === 'Redis is not usable'))
    expect(await statusOf(server, '/health/ready')).toBe(503)
  })

  /** A Redis that takes TLS on one port and, for the feeder, plain connections on another. */
  async function setUp(env: ServerEnv) {
    const tlsPort = await freePort()
    const files = ['--tls-cert-file', certificate, '--tls-key-file', key(), '--tls-ca-cert-file', certificate]
    const redis = await aRedis({ args: ['--tls-port', String(tlsPort), ...files, '--tls-auth-clients', 'no'] })
    const server = await aServer({ REDIS_URL: `rediss://127.0.0.1:${tlsPort}`, ...env })
    return { server, feeder: await aFeeder(redis.url) }
  }
})
