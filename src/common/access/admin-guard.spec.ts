import { Controller, Get, UseGuards } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { CommonModule } from '../common.module.js'
import { parseConfig } from '../config/parse-config.js'
import { Relay } from '../relay/relay.js'
import { Failures } from '../stats/counters.js'
import { AdminGuard } from './admin-guard.js'

const TOKEN = 'correct-horse-battery'

@Controller('secret')
@UseGuards(AdminGuard)
class SecretController {
  @Get()
  secret(): string {
    return 'the secret'
  }
}

let app: NestFastifyApplication
afterEach(() => app.close())

/** The answer of a guarded route. */
async function ask(variables: Record<string, string>, headers: Record<string, string> = {}) {
  const config = parseConfig(
    { REDIS_URL: 'redis://host', ...variables },
    { hostname: 'box', cores: 1, worker: null, readText: () => undefined },
  )
  const module = {
    module: class Root {},
    imports: [CommonModule.register(config, new Relay(), new Failures())],
    controllers: [SecretController],
  }
  app = await NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), { logger: false })
  await app.init()
  const { statusCode, body, headers: answered } = await app.inject({ url: '/secret', headers })
  return { statusCode, body, challenge: answered['www-authenticate'] }
}

describe('AdminGuard', () => {
  it('asks for the token where there is one, so that browsers show a dialogue', async () => {
    const { statusCode, body, challenge } = await ask({ ADMIN_TOKEN: TOKEN })
    expect([statusCode, challenge]).toEqual([401, 'Basic realm="emojitrack-streamer"'])
    expect(body).not.toContain('the secret')
    expect(body).not.toContain(TOKEN)
  })

  it('lets through who presents it', async () => {
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

  it.each([{}, { NODE_ENV: 'production', ADMIN_PUBLIC: 'true' }])('lets everybody through with %o', async (variables) => {
    expect(await ask(variables)).toMatchObject({ statusCode: 200 })
  })
})
