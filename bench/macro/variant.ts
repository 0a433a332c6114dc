import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ECHO_PATH, EPS_PATH } from './wire.js'

/** A server to measure: its program, its environment variables, and the stream of its clients of eps. */
export interface Variant {
  readonly label: string
  readonly env: Readonly<Record<string, string>>
  /** The built program. */
  readonly main: string
  /** The path of clients for which a scenario says eps. */
  readonly epsPath: string
}

/** Relative to dist-bench/bench/macro. */
const MAIN = fileURLToPath(new URL('../../../dist/main.js', import.meta.url))
const PLUGIN = fileURLToPath(new URL('../../../bench/plug-in/echo.mjs', import.meta.url))

/**
 * The variants of a run. The first one is the baseline of the others.
 * @param env variables for all variants
 * @param compare a variable for each further variant
 * @param against the programs of further variants
 * @param plugin adds two variants with the plug-in of bench/plug-in: loaded only, and with its own stream in place of eps
 */
export function variantsOf(
  env: readonly string[],
  compare: readonly string[],
  against: readonly string[],
  plugin: boolean,
): readonly Variant[] {
  const common = Object.fromEntries(env.map(assignment))
  return [
    { label: 'base', env: common, main: MAIN, epsPath: EPS_PATH },
    ...compare.map((text) => ({
      label: text,
      env: { ...common, ...Object.fromEntries([assignment(text)]) },
      main: MAIN,
      epsPath: EPS_PATH,
    })),
    ...against.map((path) => ({ label: path, env: common, main: resolve(path), epsPath: EPS_PATH })),
    ...(plugin ? pluginVariants(common) : []),
  ]
}

function pluginVariants(common: Variant['env']): readonly Variant[] {
  const env = { ...common, STREAMER_MODULES: PLUGIN }
  return [
    { label: 'with a plug-in', env, main: MAIN, epsPath: EPS_PATH },
    { label: 'its own stream', env, main: MAIN, epsPath: ECHO_PATH },
  ]
}

function assignment(text: string): [name: string, value: string] {
  const [, name, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/s.exec(text) ?? []
  if (name === undefined || value === undefined) throw new RangeError(`${text}: write NAME=value`)
  return [name, value]
}
