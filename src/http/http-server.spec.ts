import { All, Controller, Module, PayloadTooLargeException } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { configOf } from '../../test/support/fakes/config-of.js'
import { EventBus } from '../common/event-bus/event-bus.js'
import { configureHttp, httpOptions, rejectionOf } from './http-server.js'

const bus = new EventBus((_event, error) => {
  throw error
})

@Controller()
class RefusingController {
  @All()
  refuse(): void {
    throw new PayloadTooLargeException('too many items')
  }
}

@Module({ controllers: [RefusingController], providers: [{ provide: EventBus, useValue: bus }] })
class RefusingModule {}

describe('a request that is answered with 413', () => {
  let app: NestFastifyApplication
  let rejections: string[]

  beforeAll(async () => {
    const config = configOf()
    app = await NestFactory.create<NestFastifyApplication>(RefusingModule, new FastifyAdapter(httpOptions(config)), { logger: false })
    configureHttp(app, config)
    bus.on('request.rejected', ({ reason }) => void rejections.push(reason))
    await app.init()
  })
  beforeEach(() => {
    rejections = []
  })
  afterAll(() => app.close())

  it('is a rejected one if its body exceeds the bound of the server', async () => {
    const { statusCode } = await app.inject({ method: 'POST', url: '/', payload: { text: 'x'.repeat(2_000_000) } })
    expect([statusCode, rejections]).toEqual([413, ['too-large']])
  })

  it('is none if a controller chose the answer', async () => {
    for (const request of [{ method: 'POST', payload: { items: [1, 2] } }, { method: 'POST' }, { method: 'GET' }] as const) {
      const { statusCode } = await app.inject({ ...request, url: '/' })
      expect([statusCode, rejections]).toEqual([413, []])
    }
  })
})

describe('rejectionOf', () => {
  it.each([
    ['ERR_HTTP_REQUEST_TIMEOUT', 'timeout'],
    ['HPE_HEADER_OVERFLOW', 'too-large'],
    ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 'too-large'],
    ['HPE_INVALID_METHOD', 'malformed'],
    ['HPE_INVALID_EOF_STATE', 'malformed'],
  ])('takes %s for %s', (code, reason) => {
    expect(rejectionOf(code)).toBe(reason)
  })

  it.each(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', undefined])('takes %s for no request', (code) => {
    expect(rejectionOf(code)).toBeNull()
  })
})
