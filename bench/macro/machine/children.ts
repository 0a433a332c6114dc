import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const running = new Set<ChildProcess>()

/** The working folder of the children: it has no `.env`, and this process removes it. */
const folder = mkdtempSync(join(tmpdir(), 'emojitrack-bench-'))

/** Starts a process that ends with this one at the latest. */
export function startChild(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const child = spawn(command, args, { cwd: folder, ...options })
  running.add(child)
  child.once('exit', () => running.delete(child))
  child.once('error', (error) => {
    running.delete(child)
    process.stderr.write(`${command}: ${error.message}\n`)
  })
  return child
}

process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130))
