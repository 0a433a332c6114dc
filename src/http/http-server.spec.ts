import { All, Controller, Module, PayloadTooLargeException } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import { SchedulerRegistry } from '@nestjs/schedule'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { configOf } from '../../test/support/fakes/config-of.js'
import { ConnectionsRegistry } from '../common/access/connections.registry.js'
import { EventBus } from '../common/event-bus/event-bus.js'
import { configureHttp, httpOptions, rejectionOf } from './http-server.js'

const bus = new EventBus((_event, error) => {
  throw error
})

const timers = new SchedulerRegistry()

@Controller()
class RefusingController {
  @All()
  refuse(): void {
    throw new PayloadTooLargeException('too many items')
  }

  @Post('subscribe/cleanup/scores')
  cleanUp(): void {}
}

@Module({
  controllers: [RefusingController],
  providers: [
    { provide: EventBus, useValue: bus },
    { provide: ConnectionsRegistry, useValue: new ConnectionsRegistry(configOf(), bus, timers) },
  ],
})
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
  afterAll(async () => {
    await app.close()
    for (const name of timers.getIntervals()) timers.deleteInterval(name)
  })

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

it('a cleanup request over its bound leaves the listeners of others to its body', async () => {
  const config = configOf()
  const app = await NestFactory.create<NestFastifyApplication>(RefusingModule, new FastifyAdapter(httpOptions(config)), { logger: false })
  configureHttp(app, config)
  const left: number[] = []
  const other = () => undefined
  const instance = app.getHttpAdapter().getInstance()
  instance.addHook('preParsing', (_request, _reply, payload, done) => {
    payload.on('data', other).on('end', other)
    done()
  })
  instance.addHook('onSend', ({ raw }, _reply, _payload, done) => {
    left.push(raw.listeners('data').indexOf(other), raw.listeners('end').indexOf(other))
    done()
  })
  await app.init()
  const { statusCode } = await app.inject({ method: 'POST', url: '/subscribe/cleanup/scores', payload: 'x'.repeat(2000) })
  await app.close()
  expect(statusCode).toBe(413)
  expect(left).toEqual([expect.any(Number), expect.any(Number)])
  expect(Math.min(...left)).toBeGreaterThanOrEqual(0)
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
