import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { Child, type Exit } from './child.js'

/** The built program of the package's `bin`. */
export const CLI = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url))

/**
 * Starts `emojitrack-streamer` with these arguments and, of the environment, `PATH` and `env` alone. The process ends with the test at
 * the latest.
 */
export async function aCli(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Child> {
  return aChild(process.execPath, [CLI, ...args], env)
}

/** Starts any command, in the same way. */
export async function aChild(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Child> {
  const child = await Child.spawn(command, args, { PATH: process.env['PATH'], ...env })
  onTestFinished(async () => void (await child.kill()))
  return child
}

/** Runs it to its end. */
export async function runCli(
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
): Promise<Exit & Pick<Child, 'printed' | 'errors'>> {
  const child = await aCli(args, env)
  return { ...(await child.exited), printed: child.printed, errors: child.errors }
}
