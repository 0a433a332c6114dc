import { describe, expect, it } from 'vitest'
import { aRedis, openClient } from '../../support/servers/fixtures.js'
import { untilReady } from '../../support/servers/probes.js'
import { logLines } from '../../support/servers/server-log.js'
import { ServerProcess } from '../../support/servers/server-process.js'
import { afterOpening } from '../../support/wire/opening.js'

/** A plug-in that throws at a given place. */
const wrong = (method: string) => `
class Wrong { async ${method}() { throw new Error('wrong in ${method}') } }
export default { module: class WrongModule {}, providers: [Wrong] }
`

describe('a hook of a plug-in', () => {
  it.each(['onModuleDestroy', 'beforeApplicationShutdown', 'onApplicationShutdown'])(
    'that throws is logged, and the server drains and stops as usual: %s',
    async (method) => {
      const redis = await aRedis()
      const env = { REDIS_URL: redis.url, STREAMER_MODULES: './wrong.mjs' }
      const server = await ServerProcess.start(env, { 'wrong.mjs': wrong(method) })
      try {
        await untilReady(server, true)
        const client = await openClient(server, { path: '/subscribe/eps' })
        const { code } = await server.stop()
        expect(afterOpening(client.body)).toMatch(/^retry:\d+\n\n$/)
        expect(code).toBe(0)
        expect(logLines(server)).toContainEqual(
          expect.objectContaining({ level: 50, err: expect.objectContaining({ message: `wrong in ${method}` }) }),
        )
      } finally {
        await server.stop()
      }
    },
  )

  it.each(['1', '2'])(
    'that never ends does not keep the streams from being drained, and the exit code tells: WORKERS=%s',
    async (WORKERS) => {
      const hang = 'class Hang { onModuleDestroy() { return new Promise(() => undefined) } }'
      const env = { STREAMER_MODULES: './hang.mjs', SHUTDOWN_TIMEOUT_MS: '2000', WORKERS }
      const server = await ServerProcess.start(env, {
        'hang.mjs': `${hang}\nexport default { module: class HangModule {}, providers: [Hang] }`,
      })
      try {
        const client = await openClient(server, { path: '/subscribe/details/NOTHING' })
        server.signal('SIGTERM')
        await client.ended
        expect(afterOpening(client.body)).toMatch(/^retry:\d+\n\n$/)
        // That of timeout(1).
        expect(await server.exited).toEqual({ code: 124, signal: null })
      } finally {
        await server.stop()
      }
    },
  )

  it.each(['onModuleInit', 'onApplicationBootstrap'])('that throws at the start refuses it, and says where: %s', async (method) => {
    const { code, errors } = await ServerProcess.run({ STREAMER_MODULES: './wrong.mjs' }, { 'wrong.mjs': wrong(method) })
    expect(code).toBe(1)
    expect(errors).toMatch(new RegExp(`^emojitrack-streamer: Error: wrong in ${method}\\n +at Wrong\\.${method} \\(file:.*wrong\\.mjs:2:`))
  })
})

it('an exception that nobody catches ends the process with 1, as the guide says', async () => {
  const stray = `
class Stray { onApplicationBootstrap() { setTimeout(() => { throw new Error('stray') }, 10) } }
export default { module: class StrayModule {}, providers: [Stray] }
`
  const { code, output, errors } = await ServerProcess.run({ STREAMER_MODULES: './stray.mjs' }, { 'stray.mjs': stray })
  expect(code).toBe(1)
  const fatal = logLines({ output }).filter(({ msg }) => msg === 'uncaught exception, the process exits')
  const err = { message: 'stray', stack: expect.stringContaining('stray.mjs') }
  expect(fatal).toMatchObject([{ level: 60, context: 'Process', origin: 'uncaughtException', err }])
  expect(errors).toContain('Error: stray')
})
