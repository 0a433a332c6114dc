import { Controller, ForbiddenException, Get, InternalServerErrorException, Module, Post } from '@nestjs/common'
import { APP_FILTER, NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { Failures } from '../../common/stats/counters.js'
import { RequestFailuresFilter } from './statistics.module.js'

const failures = new Failures()
let error: unknown

@Controller()
class ThrowingController {
  @Get()
  get(): void {
    throw error
  }

  @Post()
  post(): void {}
}

@Module({
  controllers: [ThrowingController],
  providers: [
    { provide: Failures, useValue: failures },
    { provide: APP_FILTER, useClass: RequestFailuresFilter },
  ],
})
class ThrowingModule {}

const log = { log: vi.fn(), error: vi.fn(), warn: vi.fn(), debug: vi.fn() }
let app: NestFastifyApplication

beforeAll(async () => {
  app = await NestFactory.create<NestFastifyApplication>(ThrowingModule, new FastifyAdapter(), { logger: log })
  await app.init()
})
beforeEach(() => {
  failures.counts.set('request', 0)
  log.error.mockClear()
  log.debug.mockClear()
})
afterAll(() => app.close())

async function answerTo(thrown: unknown): Promise<readonly [status: number, failures: number]> {
  error = thrown
  const { statusCode } = await app.inject({ url: '/' })
  return [statusCode, failures.of('request')]
}

it('counts an unexpected exception, which Nest logs and answers by 500', async () => {
  expect(await answerTo(new Error('a bug'))).toEqual([500, 1])
  expect(log.error).toHaveBeenCalledOnce()
  expect(await answerTo('a text')).toEqual([500, 2])
})

it.each([
  [new ForbiddenException(), 403],
  [new InternalServerErrorException(), 500],
])('does not count an answer that a controller chose (%s)', async (thrown, status) => {
  expect(await answerTo(thrown)).toEqual([status, 0])
})

it.each(['/nowhere', '/'])('does not count a request that the client got wrong (%s)', async (url) => {
  const headers = { 'content-type': 'application/json' }
  const { statusCode } = await app.inject({ method: 'POST', url, headers, payload: '{' })
  expect([statusCode >= 400 && statusCode < 500, failures.of('request')]).toEqual([true, 0])
})

it.each([400, 413, 499])(
  "answers an ordinary error of a client's fault by its status %i, and logs it at debug without its stack",
  async (statusCode) => {
    error = Object.assign(new Error('aborted\nin /srv'), { statusCode })
    const answer = await app.inject({ url: '/' })
    expect([answer.statusCode, answer.json(), failures.of('request')]).toEqual([statusCode, { statusCode, message: expect.any(String) }, 0])
    expect(answer.body).not.toContain('aborted')
    expect(log.error).not.toHaveBeenCalled()
    expect(log.debug.mock.calls.filter(([line]) => line.msg === 'bad request')).toEqual([
      [{ msg: 'bad request', status: statusCode, error: 'aborted' }, 'Http'],
    ])
  },
)

it.each([399, 500, '400', null])('takes an ordinary error with the status %j for a failure of the server', async (statusCode) => {
  expect(await answerTo(Object.assign(new Error('a bug'), { statusCode }))).toEqual([500, 1])
  expect(log.error).toHaveBeenCalledOnce()
})
