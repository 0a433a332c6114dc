import { expect, it } from 'vitest'
import { scrapeOf } from '../../support/metrics/scrape.js'
import { expectExactSums } from '../../support/redis/exact-sums.js'
import { aLiveServer, openClients } from '../../support/servers/fixtures.js'
import { writersOf } from '../../support/servers/server-log.js'

/** The project `e2e-plain` runs the tests of the streams a second time, with this variable set to `off`. */
const EXPECTED = process.env['NATIVE_SEND'] === 'off' ? 'socket.write' : 'send(2)'
const OTHER = process.env['NATIVE_SEND'] === 'off' ? { name: 'send(2)', flag: 'on' } : { name: 'socket.write', flag: 'off' }

it(`these tests run with the writer ${EXPECTED}`, async () => {
  const { server, feeder } = await aLiveServer()
  const clients = await openClients(server, 5, { path: '/subscribe/eps' })
  await expectExactSums(clients, await feeder.run({ perSecond: 400, seconds: 1 }), feeder)
  expect(writersOf(server)).toEqual([EXPECTED])
  expect((await scrapeOf(server)).by('emojitrack_build_info', 'writer')).toEqual({ [EXPECTED]: 1 })
})

it(`NATIVE_SEND=${OTHER.flag} chooses the other one`, async () => {
  const { server } = await aLiveServer({ NATIVE_SEND: OTHER.flag })
  expect(writersOf(server)).toEqual([OTHER.name])
})
