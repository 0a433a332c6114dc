import { afterAll, expect } from 'vitest'
import { scrapeOf } from '../metrics/scrape.js'
import { eventually } from '../waiting/eventually.js'
import { LiveStack } from './live-stack.js'
import { type ServerEnv, ServerProcess } from './server-process.js'
import { TEAM, untilTeamReady } from './team.js'

/** A live server for several tests of a file, one after the other. */
export function sharedStack(env: ServerEnv = {}): () => Promise<LiveStack> {
  const take = shared(
    () => LiveStack.start(env),
    (stack) => stack.stop(),
  )
  return async () => untilFree(await take())
}

/** A live server of two workers for several tests of a file, one after the other. */
export function sharedTeam(env: ServerEnv = {}): () => Promise<LiveStack> {
  const take = shared(
    async () => {
      const stack = await LiveStack.start({ ...TEAM, ...env })
      await untilTeamReady(stack.server)
      return stack
    },
    (stack) => stack.stop(),
  )
  return async () => untilFree(await take())
}

/** A server without Redis for several tests of a file, one after the other. */
export function sharedServer(env: ServerEnv = {}): () => Promise<ServerProcess> {
  const take = shared(
    () => ServerProcess.start(env),
    (server) => server.stop(),
  )
  return async () => {
    const server = await take()
    await untilIdle(server)
    return server
  }
}

/** Starts with the first test that asks; the file fails if the server has crashed by its end or does not stop in order. */
function shared<T>(start: () => Promise<T>, stop: (started: T) => Promise<unknown>): () => Promise<T> {
  let starting: Promise<T> | undefined
  afterAll(async () => {
    if (starting !== undefined) expect(await stop(await starting)).toEqual({ code: 0, signal: null })
  })
  return () => {
    starting ??= start()
    return starting
  }
}

async function untilFree(stack: LiveStack): Promise<LiveStack> {
  stack.closeClients()
  await untilIdle(stack.server)
  return stack
}

/** Waits until the server has seen that the clients of the test before are gone. */
async function untilIdle(server: ServerProcess): Promise<void> {
  const open = async () => (await scrapeOf(server)).value('emojitrack_subscribers')
  await eventually('the streams of the test before are closed', async () => (await open()) === 0)
}
