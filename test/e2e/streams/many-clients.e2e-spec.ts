import { describe, expect, it } from 'vitest'
import { expectExactSums } from '../../support/redis/exact-sums.js'
import { aClient, aLiveServer, openClients } from '../../support/servers/fixtures.js'
import { connectionsTotal, untilConnections } from '../../support/servers/probes.js'
import { complaints } from '../../support/servers/server-log.js'
import { eventually } from '../../support/waiting/eventually.js'
import { afterOpening } from '../../support/wire/opening.js'

const EPS = '/subscribe/eps'
const KINDS = [EPS, '/subscribe/raw', '/subscribe/details', '/subscribe/details/2665', '/subscribe?stream=eps&stream=details/2665']
const WAVE = 50

describe('very many clients', () => {
  it('that come and go leave nothing behind', async () => {
    const { server, feeder } = await aLiveServer()
    const others = await openClients(server, 5, { path: EPS })
    await untilConnections(server, others.length)
    const fdsBefore = server.fdCount()
    const running = feeder.run({ perSecond: 400, seconds: 5 })
    for (let gone = 0; gone < 500; gone += WAVE) {
      const path = KINDS[(gone / WAVE) % KINDS.length] ?? EPS
      const clients = await openClients(server, WAVE, { path })
      // Every way to leave, and some that leave before they have read anything.
      for (const [index, client] of clients.entries()) [() => client.close(), () => client.reset(), () => client.halfClose()][index % 3]?.()
      const hasty = await Promise.all(Array.from({ length: 5 }, () => aClient(server, { path, keepBody: false })))
      for (const client of hasty) client.reset()
    }
    await expectExactSums(others, await running, feeder)

    await untilConnections(server, others.length)
    expect(complaints(server)).toEqual([])
    for (const client of others) client.close()
    await untilConnections(server, 0)
    await eventually('the file descriptors are back', () => server.fdCount() <= fdsBefore, 15_000)
  })

  it('may come all at once: a thousand are all accepted and greeted, and get the same', async () => {
    const { server, feeder } = await aLiveServer()
    const clients = await Promise.all(Array.from({ length: 1000 }, () => aClient(server, { path: EPS, keepBytes: 4096 })))
    await Promise.all(clients.map((client) => client.opened))
    for (const client of clients) {
      expect(client.head?.status).toBe(200)
      expect(afterOpening(client.body)).toBe('')
    }
    expect(await connectionsTotal(server)).toBe(1000)

    await expectExactSums(clients, await feeder.run({ perSecond: 100, seconds: 1 }), feeder)
    for (const client of clients) client.close()
    await untilConnections(server, 0)
    expect(complaints(server)).toEqual([])
  })
})
