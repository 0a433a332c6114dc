import { expect, it } from 'vitest'
import { expectExactSums } from '../../support/redis/exact-sums.js'
import { aFeeder, aRedis, aServer, openClients } from '../../support/servers/fixtures.js'
import { untilConnections, untilReady } from '../../support/servers/probes.js'
import { complaints, logLines } from '../../support/servers/server-log.js'

/** Looks for koffi where there is none, so that the error is Node's own for a missing package. */
const HOOKS = `export const resolve = (name, context, next) =>
  next(name, /^(koffi|@koromix)(\\/|$)/.test(name) ? { ...context, parentURL: 'file:///nowhere/main.js' } : context)`

const FILES = {
  'hooks.mjs': HOOKS,
  'without-koffi.mjs': `import { register } from 'node:module'\nregister('./hooks.mjs', import.meta.url)`,
}

it('a server without koffi, an optional package, says so once and streams exactly', async () => {
  const redis = await aRedis()
  const server = await aServer({ REDIS_URL: redis.url, NODE_OPTIONS: '--import ./without-koffi.mjs', NATIVE_SEND: 'on' }, FILES)
  await untilReady(server, true)
  expect(logLines(server).filter(({ msg }) => msg === 'writer chosen')).toMatchObject([
    { writer: 'socket.write', because: expect.stringMatching(/^koffi does not load: [^\n]*koffi[^\n]*$/) },
  ])

  const feeder = await aFeeder(redis.url)
  const clients = await openClients(server, 20, { path: '/subscribe/eps' })
  const details = await openClients(server, 2, { path: '/subscribe/details/1F602', keepBody: true })
  await expectExactSums(clients, await feeder.run({ perSecond: 2000, seconds: 2 }), feeder)
  await feeder.publish('stream.tweet_updates.1F602', 'the last detail')
  for (const client of details) await client.until('the detail', () => client.messages().at(-1)?.data === 'the last detail')

  for (const client of clients) client.close()
  await untilConnections(server, details.length)
  expect(complaints(server)).toEqual([])
})
