// `npm run bench`: the built server under load, from outside. bench/README.md says how to read it.
import type { Round } from './figures.js'
import { type Pinning, pin } from './machine/cpus.js'
import { openFilesFault } from './machine/open-files.js'
import { type Options, parseOptions, USAGE } from './options.js'
import { run } from './run.js'
import type { Scenario } from './scenario.js'
import { mediansOf, type Series, tableOf } from './summary.js'
import type { Variant } from './variant.js'

const BAD_USAGE = 2

/** A series that gets its rounds. */
interface Growing extends Series {
  readonly rounds: Round[]
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2))
  if (options === 'help') {
    console.log(USAGE)
    return 0
  }
  const fault = process.platform === 'linux' ? openFilesFault(mostClients(options)) : 'this reads /proc, so it runs on Linux only'
  if (fault !== null) throw new RangeError(fault)
  const pinning = pin(options.serverCpus)
  if (!options.json) console.log(`${pinning.about}; medians of ${options.rounds} rounds`)
  let hasFaults = false
  for (const [name, scenario] of options.chosen) {
    const all = await measure(name, scenario, options, pinning)
    console.log(options.json ? jsonOf(name, all) : `\n${name}: ${scenario.about}\n${tableOf(all)}`)
    const faults = all.flatMap(({ variant, rounds }) => rounds.flatMap((round) => round.faults.map((text) => `${variant.label}: ${text}`)))
    for (const text of faults) console.error(`! ${text}`)
    hasFaults ||= faults.length > 0
  }
  return hasFaults ? 1 : 0
}

/** Rounds of the variants in turn, each second time in reverse, so that a change of the machine touches all alike. */
async function measure(name: string, scenario: Scenario, { variants, rounds, seconds }: Options, pinning: Pinning): Promise<Series[]> {
  const all = variants.map((variant): Growing => ({ variant, rounds: [] }))
  for (let round = 0; round < rounds; round++) {
    for (const series of round % 2 === 0 ? all : all.toReversed()) {
      process.stderr.write(`${name}, round ${round + 1} of ${rounds}: ${series.variant.label}\n`)
      series.rounds.push(await tryRun(scenario, series.variant, seconds ?? scenario.seconds, pinning))
    }
  }
  return all
}

/** One scenario that fails doesn't keep the others from being measured. */
async function tryRun(scenario: Scenario, variant: Variant, seconds: number, pinning: Pinning): Promise<Round> {
  try {
    return await run(scenario, variant, seconds, pinning)
  } catch (error) {
    return { figures: {}, isExact: null, faults: [error instanceof Error ? error.message : String(error)] }
  }
}

const mostClients = ({ chosen }: Options) => Math.max(...chosen.map(([, { clients }]) => clients))

const jsonOf = (scenario: string, all: readonly Series[]) =>
  JSON.stringify({
    scenario,
    variants: all.map(({ variant, rounds }) => ({ label: variant.label, env: variant.env, medians: mediansOf(rounds), rounds })),
  })

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error))
    process.exit(BAD_USAGE)
  },
)
