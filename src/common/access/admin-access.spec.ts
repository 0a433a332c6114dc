import { Controller, Get, UseGuards } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import { ScheduleModule } from '@nestjs/schedule'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { CommonModule } from '../common.module.js'
import { parseConfig } from '../config/parse-config.js'
import { Relay } from '../relay/relay.js'
import { Failures } from '../stats/counters.js'
import { type AccessDecision, AdminAccess, AdminGuard, presentedToken } from './admin-access.js'

const TOKEN = 'correct-horse-battery'

const accessOf = (variables: Record<string, string>) =>
  new AdminAccess(
    parseConfig({ REDIS_URL: 'redis://host', ...variables }, { hostname: 'box', cores: 1, worker: null, readText: () => undefined }),
  )

const NOBODY = { headers: {} }
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

describe('without a token', () => {
  it.each<[string, Record<string, string>, AccessDecision]>([
    ['development is open', {}, 'open'],
    ['an environment of any other name is open', { NODE_ENV: 'test' }, 'open'],
    ['production is closed', { NODE_ENV: 'production' }, 'closed'],
    ['staging is closed', { NODE_ENV: 'staging' }, 'closed'],
    ['production is open where that is asked for', { NODE_ENV: 'production', ADMIN_PUBLIC: 'true' }, 'open'],
  ])('%s', (_what, variables, admission) => {
    const access = accessOf(variables)
    for (const request of [NOBODY, bearer(TOKEN)]) {
      expect(access.decide(request)).toBe(admission)
      expect(access.isAuthorised(request)).toBe(admission === 'open')
    }
  })
})

describe.each([{}, { NODE_ENV: 'production' }, { NODE_ENV: 'production', ADMIN_PUBLIC: 'true' }])('with a token and %o', (variables) => {
  const access = accessOf({ ...variables, ADMIN_TOKEN: TOKEN })

  it('opens to a client that presents it', () => {
    expect(access.decide(bearer(TOKEN))).toBe('open')
    const pair = Buffer.from(`anybody:${TOKEN}`).toString('base64')
    expect(access.decide({ headers: { authorization: `Basic ${pair}` } })).toBe('open')
  })

  it.each([NOBODY, bearer(''), bearer(`${TOKEN}x`), bearer(TOKEN.slice(0, -1)), bearer(TOKEN.toUpperCase())])('asks %o', (request) => {
    expect(access.decide(request)).toBe('ask')
    expect(access.isAuthorised(request)).toBe(false)
  })
})

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
}

let app: NestFastifyApplication

/** The answer of a guarded route. */
async function ask(variables: Record<string, string>, headers: Record<string, string> = {}) {
  const config = parseConfig(
    { REDIS_URL: 'redis://host', ...variables },
    { hostname: 'box', cores: 1, worker: null, readText: () => undefined },
  )
  const module = {
    module: class Root {},
    imports: [CommonModule.register(config, new Relay(), new Failures()), ScheduleModule.forRoot()],
    controllers: [SecretController],
  }
  app = await NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), { logger: false })
  await app.init()
  const { statusCode, body, headers: answered } = await app.inject({ url: '/secret', headers })
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
    expect(await ask({ ADMIN_TOKEN: TOKEN }, { authorization: `Bearer ${TOKEN}` })).toEqual({
      statusCode: 200,
      body: 'the secret',
      challenge: undefined,
    })
  })

  it('refuses in production without a token, asks for nothing, and names the cure', async () => {
    const { statusCode, body, challenge } = await ask({ NODE_ENV: 'production' })
    expect([statusCode, challenge]).toEqual([403, undefined])
    expect(body).toContain('ADMIN_TOKEN')
  })

  it.each([{}, { NODE_ENV: 'production', ADMIN_PUBLIC: 'true' }])('admits every client with %o', async (variables) => {
    expect(await ask(variables)).toMatchObject({ statusCode: 200 })
  })
})
