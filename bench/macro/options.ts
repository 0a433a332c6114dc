import { parseArgs } from 'node:util'
import type { Scenario } from './scenario.js'
import { scenarios } from './scenarios.js'
import { type Variant, variantsOf } from './variant.js'

export interface Options {
  readonly chosen: readonly (readonly [name: string, scenario: Scenario])[]
  readonly variants: readonly Variant[]
  readonly rounds: number
  /** The length of the window; null for that of each scenario. */
  readonly seconds: number | null
  readonly serverCpus: number
  readonly json: boolean
}

const MAX_ROUNDS = 50
const MAX_SECONDS = 3600
const MAX_CPUS = 64

export const USAGE = `npm run bench -- [SCENARIO …] [options]

  --rounds N          number of rounds, 1 to ${MAX_ROUNDS}; the table has the medians (default 3)
  --seconds N         length of the window, 1 to ${MAX_SECONDS} (default: that of each scenario)
  --env NAME=value    a variable for the server; repeatable
  --compare NAME=value    another server with this variable as well, measured in turn with the first
  --plug-in           two more servers, with a plug-in that handles every message and publishes increments of its own.
                      Clients of eps listen to eps in the first one, and to those increments in the second
  --against FILE      another server, the dist/main.js of another checkout, measured in turn with the first
  --server-cpus N     number of processors of the server (default 1); for WORKERS
  --json              every figure of every round, as JSON

Scenarios (all of them but soaks when none is named):
${Object.entries(scenarios)
  .map(([name, { about }]) => `  ${name.padEnd(12)} ${about}`)
  .join('\n')}
`

/** @throws Error that names the wrong argument */
export function parseOptions(args: readonly string[]): Options | 'help' {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string' },
      env: { type: 'string', multiple: true, default: [] },
      compare: { type: 'string', multiple: true, default: [] },
      against: { type: 'string', multiple: true, default: [] },
      'plug-in': { type: 'boolean', default: false },
      'server-cpus': { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return 'help'
  const names = positionals.length > 0 ? positionals : Object.keys(scenarios).filter((name) => !scenarios[name]?.isSoak)
  return {
    chosen: names.map((name) => [name, scenarioOf(name)] as const),
    variants: variantsOf(values.env, values.compare, values.against, values['plug-in']),
    rounds: whole('--rounds', values.rounds, MAX_ROUNDS),
    seconds: values.seconds === undefined ? null : whole('--seconds', values.seconds, MAX_SECONDS),
    serverCpus: whole('--server-cpus', values['server-cpus'], MAX_CPUS),
    json: values.json,
  }
}

function scenarioOf(name: string): Scenario {
  const found = Object.hasOwn(scenarios, name) ? scenarios[name] : undefined
  if (found === undefined) throw new RangeError(`${name}: no such scenario; there are ${Object.keys(scenarios).join(', ')}`)
  return found
}

function whole(name: string, text: string, max: number): number {
  if (!/^\d{1,4}$/.test(text) || Number(text) < 1 || Number(text) > max) throw new RangeError(`${name}: a whole number from 1 to ${max}`)
  return Number(text)
}
