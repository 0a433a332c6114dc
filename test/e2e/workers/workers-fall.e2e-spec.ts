import { describe, expect, it } from 'vitest'
import type { RawClient } from '../../support/clients/raw-client.js'
import { added, expectExactSums } from '../../support/redis/exact-sums.js'
import { aClient, openClients } from '../../support/servers/fixtures.js'
import { complaints } from '../../support/servers/server-log.js'
import { isRunning, type ServerProcess } from '../../support/servers/server-process.js'
import { aDoomedTeam, aTeam, openByWorker, untilOpen, untilWorkerReady } from '../../support/servers/team.js'
import { eventually } from '../../support/waiting/eventually.js'

const EPS = '/subscribe/eps'
const MANY = 1000
const WAVE = 25

describe('a worker that is killed', () => {
  it('costs its own clients a reconnect, and those of the other worker nothing; it comes back with its number', async () => {
    const { server, feeder } = await aTeam()
    const clients = await openClients(server, MANY, { path: EPS })
    const open = await openByWorker(server)
    expect((open.get(1) ?? 0) + (open.get(2) ?? 0)).toBe(MANY)
    const lost = new Set<RawClient>()
    for (const client of clients) void client.ended.then(() => lost.add(client))
    const running = feeder.run({ perSecond: 400, seconds: 5 })
    await Promise.all(clients.map((client) => client.until('data flows', ({ frames }) => frames > 3)))

    const before = pidOf(server, 1)
    process.kill(before, 'SIGKILL')
    await eventually('its clients see their connection end', () => lost.size === open.get(1))
    for (const client of lost) expect(await client.ended).toMatchObject({ clean: false })
    const again = await openClients(server, lost.size, { path: EPS })
    await untilWorkerReady(server, 1, 2)
    expect(pidOf(server, 1)).not.toBe(before)

    const published = await running
    await feeder.update('AGAIN')
    const survivors = clients.filter((client) => !lost.has(client))
    await expectExactSums(survivors, added(published, new Map([['AGAIN', 1]])), feeder)
    await Promise.all(again.map((client) => client.until('it streams again', ({ counts }) => counts.get('AGAIN') === 1)))
    await untilOpen(server, MANY)
    expect(lost.size).toBe(open.get(1))
    expect(complaints(server)).toMatchObject([{ msg: 'worker exited unexpectedly, restarting', worker: 1, signal: 'SIGKILL' }])
  })

  it('serves its new clients exactly after its restart', async () => {
    const { server, feeder } = await aTeam()
    process.kill(pidOf(server, 2), 'SIGKILL')
    await untilWorkerReady(server, 2, 2)
    const clients = await openClients(server, 20, { path: EPS })
    expect([...(await openByWorker(server)).values()].every((each) => each > 0)).toBe(true)
    await expectExactSums(clients, await feeder.run({ perSecond: 400, seconds: 1 }), feeder)
  })

  it('leaves no client waiting that connects in that moment: each is served, or sees its connection end', async () => {
    const { server, feeder } = await aTeam()
    const coming: RawClient[] = []
    const victim = pidOf(server, 1)
    for (let wave = 0; wave < 20; wave++) {
      coming.push(...(await Promise.all(Array.from({ length: WAVE }, () => aClient(server, { path: EPS, keepBody: false })))))
      if (wave === 10) process.kill(victim, 'SIGKILL')
    }
    await untilServedOrEnded(coming)
    await untilWorkerReady(server, 1, 2)
    const clients = await openClients(server, 20, { path: EPS })
    await expectExactSums(clients, await feeder.run({ perSecond: 400, seconds: 1 }), feeder)
    expect(server.workers().size).toBe(2)
  })

  it('does not take the primary with it, even if that learns of new clients first', async () => {
    const { server, pids, feeder } = await aDoomedTeam()
    // The primary is paused, so that all of this reaches it at once, and the clients before the ends of the workers.
    await server.pause()
    const coming = await Promise.all(Array.from({ length: 10 }, () => aClient(server, { path: EPS })))
    for (const pid of pids) process.kill(pid, 'SIGKILL')
    await eventually('the workers have ended', () => !pids.some(isRunning))
    server.resume()
    await Promise.all([1, 2].map((number) => untilWorkerReady(server, number, 2)))
    await untilServedOrEnded(coming)
    const clients = await openClients(server, 20, { path: EPS })
    await expectExactSums(clients, await feeder.run({ perSecond: 400, seconds: 1 }), feeder)
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })
})

/** No client is left waiting: each has an answer, or has seen its connection end. */
async function untilServedOrEnded(clients: readonly RawClient[]): Promise<void> {
  const waiting = new Set(clients)
  for (const client of clients) void client.ended.then(() => waiting.delete(client))
  await eventually('everybody is served, or sees the end', () => {
    for (const client of waiting) if (client.bytes > 0) waiting.delete(client)
    if (waiting.size > 0) throw new Error(`${waiting.size} of ${clients.length} wait`)
    return true
  })
}

const pidOf = (server: ServerProcess, number: number): number => {
  const pid = server.workers().get(number)
  if (pid === undefined) throw new Error(`no worker ${number}`)
  return pid
}
