import { expect, it, onTestFinished } from 'vitest'
import { EventSourceClient } from '../../support/clients/event-source-client.js'
import { openClient } from '../../support/servers/fixtures.js'
import { freePort } from '../../support/servers/free-port.js'
import { untilConnections, untilReady } from '../../support/servers/probes.js'
import { type ServerEnv, ServerProcess } from '../../support/servers/server-process.js'
import { eventually } from '../../support/waiting/eventually.js'

const EPS = '/subscribe/eps'
const CLIENTS = 60
/** So many failed attempts in a row have no other reason than a short time between them. */
const KNOCKS = 5

it('all clients of a node that is alone knock until it is back, and it answers none of them while it drains', async () => {
  const port = String(await freePort())
  const old = await aServerThatEnds({ PORT: port, DRAIN_S: '3', SHUTDOWN_TIMEOUT_MS: '30000' })
  const sources = Array.from({ length: CLIENTS }, () => aSource(old))
  await untilConnections(old, CLIENTS)

  old.signal('SIGTERM')
  await untilReady(old, false)
  await eventually('some knock while it drains', () => sources.some(({ errors }) => errors.length > 1))
  expect(await old.exited).toEqual({ code: 0, signal: null })
  expect(sources.filter(({ opens }) => opens !== 1)).toEqual([])
  expect(sources.filter(({ dead }) => dead)).toEqual([])

  const next = await aServerThatEnds({ PORT: port })
  await eventually('all are back', () => sources.every(({ opens, isOpen }) => opens === 2 && isOpen))
  await untilConnections(next, CLIENTS)
})

it('a refusal slows no later return: each stream has a time of its own to wait before a reconnect', async () => {
  const port = String(await freePort())
  // A client that keeps the time of its refusal waits for so long between two attempts.
  const env = { PORT: port, MAX_CONNECTIONS: '1', REFUSE_RETRY_MS: '4000-4000', RETRY_MS: '100' }
  const server = await aServerThatEnds(env)
  const first = await openClient(server, { path: EPS })
  const source = aSource(server)
  await eventually('it has been refused', () => source.opens === 1 && source.errors.length === 1)
  first.close()
  await eventually('it is in', () => source.frames > 0)
  expect(source.opens).toBe(2)

  server.signal('SIGKILL')
  await server.exited
  await eventually('it knocks in quick succession', () => source.errors.length > 1 + KNOCKS, KNOCKS * 2000)
  await aServerThatEnds(env)
  await eventually('it is in again', () => source.opens === 3 && source.isOpen)
})

/** A server on the demo feed that ends with the test, in whatever way. */
async function aServerThatEnds(env: ServerEnv): Promise<ServerProcess> {
  const server = await ServerProcess.start(env)
  onTestFinished(async () => void (await server.stop()))
  return server
}

function aSource(server: ServerProcess): EventSourceClient {
  const source = new EventSourceClient(server.url + EPS)
  onTestFinished(() => source.close())
  return source
}
