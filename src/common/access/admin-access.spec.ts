import { type IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { Controller, Delete, Get, Logger, Post, UseGuards } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import { ScheduleModule } from '@nestjs/schedule'
import fc from 'fast-check'
import type { InjectOptions } from 'fastify'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CommonModule } from '../common.module.js'
import { parseConfig } from '../config/parse-config.js'
import { Relay } from '../relay/relay.js'
import { Failures } from '../stats/counters.js'
import { type AccessDecision, AdminAccess, AdminGuard, isCrossOrigin, presentedToken } from './admin-access.js'
import { ClientAddressResolver } from './client-address.js'

const TOKEN = 'correct-horse-battery'

const MACHINE = { hostname: 'box', cores: 1, worker: null, readText: () => undefined }
const configOf = (variables: Record<string, string>) => parseConfig({ REDIS_URL: 'redis://host', ...variables }, MACHINE)

function accessOf(variables: Record<string, string>) {
  const config = configOf(variables)
  return new AdminAccess(config, new ClientAddressResolver(config))
}

/** A request from an address, by default of a program on the machine of the server. */
function requestOf(headers: Record<string, string> = {}, peer = '127.0.0.1') {
  const raw = new IncomingMessage(new Socket())
  vi.spyOn(raw.socket, 'remoteAddress', 'get').mockReturnValue(peer)
  return { raw, headers: { host: 'localhost:8001', ...headers } }
}

const bearer = (token: string) => requestOf({ authorization: `Bearer ${token}` })
const PRODUCTION = { NODE_ENV: 'production' }
const PUBLIC = { ADMIN_PUBLIC: 'true' }

const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined)
beforeEach(() => warn.mockClear())

describe('without a token', () => {
  it.each<[string, Record<string, string>, AccessDecision, AccessDecision]>([
    ['development is open on its machine', {}, 'open', 'remote'],
    ['development by name is', { NODE_ENV: 'Development' }, 'open', 'remote'],
    ['a test is', { NODE_ENV: 'test' }, 'open', 'remote'],
    ['production is closed', PRODUCTION, 'closed', 'closed'],
    ['staging is closed', { NODE_ENV: 'staging' }, 'closed', 'closed'],
    ['an environment of any other name is closed', { NODE_ENV: 'prod' }, 'closed', 'closed'],
    ['production is open where that is asked for', { ...PRODUCTION, ...PUBLIC }, 'open', 'open'],
    ['development is open where that is asked for', PUBLIC, 'open', 'open'],
  ])('%s', (_what, variables, onItsMachine, elsewhere) => {
    const access = accessOf(variables)
    for (const [request, decision] of [
      [requestOf(), onItsMachine],
      [bearer(TOKEN), onItsMachine],
      [requestOf({}, '192.0.2.1'), elsewhere],
      [requestOf({ host: 'evil.example:8001' }), elsewhere],
    ] as const) {
      expect(access.decide(request)).toBe(decision)
      expect(access.isAuthorised(request)).toBe(decision === 'open')
    }
  })

  it.each(['127.0.0.1', '127.255.0.1', '::1', '::ffff:127.0.0.1'])('a client at %s is on the machine', (peer) => {
    expect(accessOf({}).decide(requestOf({}, peer))).toBe('open')
  })

  it.each(['', '10.0.0.1', '172.17.0.1', '128.0.0.1', '::', '::2', 'fe80::1%lo'])('a client at %j is not', (peer) => {
    expect(accessOf({}).decide(requestOf({}, peer))).toBe('remote')
  })

  it.each(['localhost', 'LOCALHOST:8001', 'a.localhost', '127.0.0.1', '127.0.0.2:80', '[::1]', '[::1]:8001', '[::ffff:127.0.0.1]'])(
    'the name %s is that of the machine',
    (host) => {
      expect(accessOf({}).decide(requestOf({ host }))).toBe('open')
    },
  )

  it.each([
    '',
    'evil.example',
    'localhost.evil.example',
    'notlocalhost',
    '127.0.0.1.evil.example',
    '10.0.0.1',
    '[::2]',
    '[::1',
    'a:b:c',
    '::1',
  ])('the name %j is not', (host) => {
    expect(accessOf({}).decide(requestOf({ host }))).toBe('remote')
  })

  it('the name in HOST is that of the machine, and a request without a name has none', () => {
    expect(accessOf({ HOST: 'Box.lan' }).decide(requestOf({ host: 'box.LAN:8001' }))).toBe('open')
    expect(accessOf({ HOST: 'box.lan' }).decide(requestOf({ host: 'lan' }))).toBe('remote')
    const { raw } = requestOf()
    expect(accessOf({}).decide({ raw, headers: {} })).toBe('remote')
  })

  it('the address behind a proxy counts, and a proxy that is not trusted is no client on the machine', () => {
    const behind = accessOf({ TRUST_PROXY: 'loopback' })
    expect(behind.decide(requestOf({ 'x-forwarded-for': '192.0.2.1' }))).toBe('remote')
    expect(behind.decide(requestOf({ 'x-forwarded-for': '127.0.0.1' }))).toBe('open')
    expect(behind.decide(requestOf({ 'x-forwarded-for': 'unknown' }))).toBe('remote')
    expect(accessOf({}).decide(requestOf({ 'x-forwarded-for': '127.0.0.1' }))).toBe('remote')
    expect(accessOf({}).decide(requestOf({ forwarded: 'for=192.0.2.1' }))).toBe('remote')
  })
})

describe('the warning at the start', () => {
  it.each([{}, { NODE_ENV: 'test' }])('names ADMIN_TOKEN with %o', (variables) => {
    accessOf(variables).onApplicationBootstrap()
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ advice: expect.stringContaining('ADMIN_TOKEN') }))
  })

  it.each([{ ADMIN_TOKEN: TOKEN }, PUBLIC, PRODUCTION])('is not there with %o', (variables) => {
    accessOf(variables).onApplicationBootstrap()
    expect(warn).not.toHaveBeenCalled()
  })

  it('comes from one of several workers', () => {
    for (const worker of [1, 2, 3]) {
      const config = parseConfig({ WORKERS: '3' }, { ...MACHINE, worker })
      new AdminAccess(config, new ClientAddressResolver(config)).onApplicationBootstrap()
    }
    expect(warn).toHaveBeenCalledOnce()
  })
})

describe.each([{}, PRODUCTION, { ...PRODUCTION, ...PUBLIC }])('with a token and %o', (variables) => {
  const access = accessOf({ ...variables, ADMIN_TOKEN: TOKEN })

  it('opens to a client that presents it, wherever that is', () => {
    expect(access.decide(bearer(TOKEN))).toBe('open')
    const pair = Buffer.from(`anybody:${TOKEN}`).toString('base64')
    const remote = requestOf({ authorization: `Basic ${pair}`, host: 'streamer.example' }, '192.0.2.1')
    expect(access.decide(remote)).toBe('open')
  })

  it.each(['', `${TOKEN}x`, TOKEN.slice(0, -1), TOKEN.toUpperCase()])('asks a client that presents %j', (token) => {
    expect(access.decide(bearer(token))).toBe('ask')
    expect(access.isAuthorised(bearer(token))).toBe(false)
  })

  it('asks a client that presents nothing', () => {
    expect(access.decide(requestOf())).toBe('ask')
  })
})

const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`

describe('a request of another origin’s page', () => {
  it.each<[boolean, IncomingHttpHeaders]>([
    [false, {}],
    [false, { 'sec-fetch-site': 'same-origin', origin: 'http://here', host: 'here' }],
    [false, { 'sec-fetch-site': 'none' }],
    [true, { 'sec-fetch-site': 'cross-site' }],
    [true, { 'sec-fetch-site': 'same-site' }],
    [true, { 'sec-fetch-site': '' }],
    [true, { 'sec-fetch-site': 'cross-site', origin: 'http://here', host: 'here' }],
    [false, { origin: 'http://here:8001', host: 'here:8001' }],
    [false, { origin: 'https://here', host: 'here' }],
    [true, { origin: 'http://evil.example', host: 'here' }],
    [true, { origin: 'http://here:8002', host: 'here:8001' }],
    [true, { origin: 'null', host: 'here' }],
    [true, { origin: 'null', host: 'no host' }],
    [true, { origin: 'http://here' }],
  ])('%s: %o', (isCross, headers) => {
    expect(isCrossOrigin(headers)).toBe(isCross)
  })
})

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

  it('is read back whatever its characters', () => {
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

@Controller('secret')
@UseGuards(AdminGuard)
class SecretController {
  @Get()
  secret(): string {
    return 'the secret'
  }

  @Post()
  change(): string {
    return 'changed'
  }

  @Delete()
  remove(): string {
    return 'removed'
  }
}

let app: NestFastifyApplication

/** The answer of a guarded route. */
async function ask(variables: Record<string, string>, options: Omit<InjectOptions, 'url'> = {}) {
  const module = {
    module: class Root {},
    imports: [CommonModule.register(configOf(variables), new Relay(), new Failures()), ScheduleModule.forRoot()],
    controllers: [SecretController],
  }
  app = await NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), { logger: false })
  await app.init()
  const { statusCode, body, headers: answered } = await app.inject({ url: '/secret', ...options })
  return { statusCode, body, challenge: answered['www-authenticate'] }
}

describe('AdminGuard', () => {
  afterEach(() => app.close())

  it('asks for the token where there is one, so that browsers show a dialogue', async () => {
    const { statusCode, body, challenge } = await ask({ ADMIN_TOKEN: TOKEN })
    expect([statusCode, challenge]).toEqual([401, 'Basic realm="emojitrack-streamer"'])
    expect(body).not.toContain('the secret')
    expect(body).not.toContain(TOKEN)
  })

  it('admits a client that presents it', async () => {
    expect(await ask({ ADMIN_TOKEN: TOKEN }, { headers: { authorization: `Bearer ${TOKEN}` } })).toEqual({
      statusCode: 200,
      body: 'the secret',
      challenge: undefined,
    })
  })

  it.each([
    ['in production', PRODUCTION, {}],
    ['in development from another machine', {}, { remoteAddress: '192.0.2.1' }],
    ['in development by another name', {}, { headers: { host: 'evil.example' } }],
  ])('refuses %s without a token, asks for nothing, and names the cure', async (_where, variables, options) => {
    const { statusCode, body, challenge } = await ask(variables, options)
    expect([statusCode, challenge]).toEqual([403, undefined])
    expect(body).not.toContain('the secret')
    for (const name of ['ADMIN_TOKEN', 'ADMIN_PUBLIC=true']) expect(body).toContain(name)
  })

  it.each([{}, { ...PRODUCTION, ...PUBLIC }])('admits every client on the machine with %o', async (variables) => {
    expect(await ask(variables)).toMatchObject({ statusCode: 200 })
  })

  const CREDENTIALS = { authorization: `Basic ${Buffer.from(`admin:${TOKEN}`).toString('base64')}` }

  it.each(['POST', 'DELETE'] as const)(
    'refuses %s that a page of another origin sends with the credentials of its visitor',
    async (method) => {
      const headers = { ...CREDENTIALS, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
      const { statusCode, body } = await ask({ ADMIN_TOKEN: TOKEN }, { method, headers })
      expect([statusCode, JSON.parse(body).message]).toEqual([403, expect.stringContaining('another origin')])
    },
  )

  it.each([{}, { 'sec-fetch-site': 'same-origin' }, { origin: 'http://localhost:80' }])('admits POST with %o', async (headers) => {
    const answer = await ask({ ADMIN_TOKEN: TOKEN }, { method: 'POST', headers: { ...CREDENTIALS, ...headers } })
    expect(answer).toMatchObject({ statusCode: 201, body: 'changed' })
  })

  it('admits GET by a link on a page of another origin', async () => {
    const headers = { ...CREDENTIALS, 'sec-fetch-site': 'cross-site' }
    expect(await ask({ ADMIN_TOKEN: TOKEN }, { headers })).toMatchObject({ statusCode: 200 })
  })
})
