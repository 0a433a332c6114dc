import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { aServer } from '../../support/servers/fixtures.js'
import { freePort } from '../../support/servers/free-port.js'
import { statusOf } from '../../support/servers/probes.js'
import { eventually } from '../../support/waiting/eventually.js'

const MAIN = fileURLToPath(new URL('../../../dist/main.js', import.meta.url))

/** A server whose output has no reader, as behind a pipe into a program that has ended. */
function unread(port: number, env: Record<string, string> = {}): ChildProcess {
  const { PATH } = process.env
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH, HOST: '127.0.0.1', PORT: String(port), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  child.stdout?.destroy()
  child.stderr?.destroy()
  return child
}

it.each([{}, { WORKERS: '2' }])('a server whose log nobody reads ends when it cannot serve (%o)', async (env) => {
  const { port } = await aServer({})
  expect(await once(unread(port, env), 'exit')).toEqual([1, null])
})

it.each([{}, { WORKERS: '2' }])('a server whose log nobody reads serves, and stops in order (%o)', async (env) => {
  const port = await freePort()
  const child = unread(port, { LOG_LEVEL: 'debug', ...env })
  await eventually('it is live', async () => (await statusOf({ url: `http://127.0.0.1:${port}` }, '/health/live')) === 200, 20_000)
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  expect(await exit).toEqual([0, null])
})
