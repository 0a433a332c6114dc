// `npm run bench`: the built server under load, from outside. bench/README.md explains the figures.
import type { Round } from './figures.js'
import { openFilesFault, type Pinning, pin } from './machine/host.js'
import { type Options, parseOptions, USAGE } from './options.js'
import { run } from './run.js'
import type { Scenario } from './scenario.js'
import { soak } from './soak.js'
import { mediansOf, type Series, tableOf } from './summary.js'
import type { Variant } from './variant.js'

const BAD_USAGE = 2

/** A series that receives its rounds. */
interface Growing extends Series {
  readonly variant: Variant
  readonly scenario: Scenario
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
    const all = seriesOf(scenario, options.variants)
    await measure(name, all, options, pinning)
    console.log(options.json ? jsonOf(name, all) : `\n${name}: ${scenario.about}\n${tableOf(all)}`)
    const faults = all.flatMap(({ label, rounds }) => rounds.flatMap((round) => round.faults.map((text) => `${label}: ${text}`)))
    for (const text of faults) console.error(`! ${text}`)
    hasFaults ||= faults.length > 0
  }
  return hasFaults ? 1 : 0
}

/** The series of a scenario: one for each server, or two where the scenario has a reference. */
function seriesOf(scenario: Scenario, variants: readonly Variant[]): Growing[] {
  const { reference } = scenario
  const all: Growing[] = []
  for (const variant of variants) {
    if (reference === null) {
      all.push({ label: variant.label, variant, scenario, rounds: [], baseline: all[0] ?? null })
    } else {
      const { label, paths } = reference
      const baseline = { label: `${variant.label}, ${label}`, variant, scenario: { ...scenario, paths }, rounds: [], baseline: null }
      all.push(baseline, { label: variant.label, variant, scenario, rounds: [], baseline })
    }
  }
  return all
}

/** Runs the rounds of all series in turn, each second time in reverse, so that a change of the machine affects all of them. */
async function measure(name: string, all: readonly Growing[], { rounds, seconds }: Options, pinning: Pinning): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const series of round % 2 === 0 ? all : all.toReversed()) {
      process.stderr.write(`${name}, round ${round + 1} of ${rounds}: ${series.label}\n`)
      series.rounds.push(await tryRun(series, seconds ?? series.scenario.seconds, pinning))
    }
  }
}

/** Turns an error into a round without figures: the other rounds go on. */
async function tryRun({ scenario, variant }: Growing, seconds: number, pinning: Pinning): Promise<Round> {
  try {
    return await (scenario.isSoak ? soak : run)(scenario, variant, seconds, pinning)
  } catch (error) {
    return { figures: {}, isExact: null, faults: [error instanceof Error ? error.message : String(error)] }
  }
}

const mostClients = ({ chosen }: Options) =>
  Math.max(...chosen.map(([, { clients, dead, crowd }]) => clients + dead.length + (crowd?.paths.length ?? 0)))

const jsonOf = (scenario: string, all: readonly Growing[]) =>
  JSON.stringify({
    scenario,
    variants: all.map(({ label, variant, rounds }) => ({ label, env: variant.env, medians: mediansOf(rounds), rounds })),
  })

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error))
    process.exit(BAD_USAGE)
  },
)
