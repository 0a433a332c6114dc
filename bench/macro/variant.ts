import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ECHO_PATH, EPS_PATH } from './paths.js'

/** A server to measure: which program, with which environment variables, and what its clients of eps listen to. */
export interface Variant {
  readonly label: string
  readonly env: Readonly<Record<string, string>>
  /** The built program. */
  readonly main: string
  /** What clients listen to where a scenario says eps. */
  readonly epsPath: string
}

/** Seen from dist-bench/bench/macro. */
const MAIN = fileURLToPath(new URL('../../../dist/main.js', import.meta.url))
const PLUG_IN = fileURLToPath(new URL('../../../bench/plug-in/echo.mjs', import.meta.url))

/**
 * The variants of a run, the one that the others are compared with first.
 * @param env variables for all of them
 * @param compare a variable for each further variant
 * @param against the programs of further variants
 * @param plugIn whether to measure the plug-in of bench/plug-in: loaded, and with its own stream in place of eps
 */
export function variantsOf(
  env: readonly string[],
  compare: readonly string[],
  against: readonly string[],
  plugIn: boolean,
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
    ...(plugIn ? plugInVariants(common) : []),
  ]
}

function plugInVariants(common: Variant['env']): readonly Variant[] {
  const env = { ...common, STREAMER_MODULES: PLUG_IN }
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
