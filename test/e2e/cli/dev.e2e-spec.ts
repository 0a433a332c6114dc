import { expect, it, onTestFinished } from 'vitest'
import { Child } from '../../support/servers/child.js'
import { isRunning } from '../../support/servers/server-process.js'
import { eventually } from '../../support/waiting/eventually.js'

const MODULE = new URL('../../../scripts/run-together.mjs', import.meta.url).href
const STAYS = { args: ['-e', 'console.log("pid", process.pid); setInterval(() => undefined, 1000)'] }

/** `npm run dev` with small programs in place of the compiler, Vite and the server; and the process ids of those that stay. */
async function aDev(...programs: readonly { args: readonly string[]; optional?: boolean }[]) {
  const script = `import { runTogether } from '${MODULE}'; runTogether(${JSON.stringify(programs)})`
  const dev = await Child.spawn(process.execPath, ['--input-type=module', '-e', script])
  onTestFinished(async () => void (await dev.kill()))
  const pids = () => [...dev.printed.matchAll(/pid (\d+)/g)].map(([, pid]) => Number(pid))
  return { dev, pids }
}

it('npm run dev goes on where Vite ends, says so, and ends all programs at a signal', async () => {
  const { dev, pids } = await aDev({ args: ['-e', 'process.exit(3)'], optional: true }, STAYS, STAYS)
  await eventually('Vite has ended', () => dev.errors.includes('has ended (code 3); the rest goes on') && pids().length === 2)
  expect([dev.exit, pids().every(isRunning)]).toEqual([undefined, true])
  dev.signal('SIGTERM')
  expect(await dev.exited).toEqual({ code: 0, signal: null })
  expect(pids().some(isRunning)).toBe(false)
})

it('npm run dev ends with the compiler or the server', async () => {
  const { dev } = await aDev({ args: ['-e', 'setTimeout(() => process.exit(3), 100)'] }, { ...STAYS, optional: true })
  expect(await dev.exited).toEqual({ code: 0, signal: null })
  expect(dev.errors).toBe('')
})
