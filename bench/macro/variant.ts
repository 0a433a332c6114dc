import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A server to measure: which program, and with which environment variables. */
export interface Variant {
  readonly label: string
  readonly env: Readonly<Record<string, string>>
  /** The built program. */
  readonly main: string
}

/** Seen from dist-bench/bench/macro. */
const MAIN = fileURLToPath(new URL('../../../dist/main.js', import.meta.url))

/**
 * The variants of a run, the one that the others are compared with first.
 * @param env variables for all of them
 * @param compare a variable for each further variant
 * @param against the programs of further variants
 */
export function variantsOf(env: readonly string[], compare: readonly string[], against: readonly string[]): readonly Variant[] {
  const common = Object.fromEntries(env.map(assignment))
  return [
    { label: 'base', env: common, main: MAIN },
    ...compare.map((text) => ({ label: text, env: { ...common, ...Object.fromEntries([assignment(text)]) }, main: MAIN })),
    ...against.map((path) => ({ label: path, env: common, main: resolve(path) })),
  ]
}

function assignment(text: string): [name: string, value: string] {
  const [, name, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/s.exec(text) ?? []
  if (name === undefined || value === undefined) throw new RangeError(`${text}: write NAME=value`)
  return [name, value]
}
