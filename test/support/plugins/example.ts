import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const PROJECT = fileURLToPath(new URL('../../..', import.meta.url))

const exec = promisify(execFile)

/** The folder of an example. */
export const exampleFolder = (name: string): string => join(PROJECT, 'examples', name)

/** Runs an npm script in the folder, without the registry; throws with its output where it fails. */
export async function runScript(folder: string, ...script: readonly string[]): Promise<string> {
  const { PATH, HOME } = process.env
  const run = exec('npm', ['run', ...script], { cwd: folder, env: { PATH, HOME, npm_config_offline: 'true', NO_COLOR: '1' } })
  const { stdout } = await run.catch(({ stdout, stderr }: { stdout?: string; stderr?: string }) => {
    throw new Error(`npm run ${script.join(' ')} in ${folder}: ${stdout}${stderr}`)
  })
  return stdout
}

/** Builds an example, and returns its value for STREAMER_MODULES. */
export async function builtExample(name: string): Promise<string> {
  await runScript(exampleFolder(name), 'build')
  return join(exampleFolder(name), 'dist/index.js')
}

/**
 * Builds an example as a package that can be packed, and returns its folder. The example's own dist/ stays as it is, since other tests
 * may load it at the same time.
 */
export async function exampleBuiltIn(folder: string, name: string): Promise<string> {
  const target = join(folder, name)
  mkdirSync(target)
  copyFileSync(join(exampleFolder(name), 'package.json'), join(target, 'package.json'))
  await runScript(exampleFolder(name), 'build', '--', '--outDir', join(target, 'dist'))
  return target
}
