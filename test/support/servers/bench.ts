import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const COMPILE_MS = 60_000
const RUN_MS = 150_000

const run = promisify(execFile)

/** One round of a scenario of the bench. */
export interface BenchRound {
  readonly figures: Readonly<Record<string, number>>
  readonly isExact: boolean | null
  readonly faults: readonly string[]
}

/** Compiles the bench. Its types are those of `npm run typecheck`. */
export async function compileBench(): Promise<void> {
  await run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.bench.json', '--noCheck'], {
    cwd: ROOT,
    timeout: COMPILE_MS,
  })
}

/** Runs a scenario once against the built server. */
export async function benchRound(scenario: string, seconds: number): Promise<BenchRound> {
  const args = ['dist-bench/bench/macro/main.js', scenario, '--rounds', '1', '--seconds', String(seconds), '--json']
  // A round with faults ends with the code 1, and has its report all the same.
  const { stdout } = await run(process.execPath, args, { cwd: ROOT, timeout: RUN_MS }).catch((error: unknown) => {
    if (error instanceof Error && 'stdout' in error && typeof error.stdout === 'string' && error.stdout !== '')
      return { stdout: error.stdout }
    throw error
  })
  const { variants } = JSON.parse(stdout) as { readonly variants: readonly { readonly rounds: readonly BenchRound[] }[] }
  const [round] = variants[0]?.rounds ?? []
  if (round === undefined) throw new Error(`the bench has no round of ${scenario}: ${stdout}`)
  return round
}
