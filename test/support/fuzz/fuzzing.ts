import fc from 'fast-check'

/** The seed of this run: FUZZ_SEED, which CI sets and prints, else the time. A title with it says how to repeat the test. */
export const FUZZ_SEED = Number(process.env['FUZZ_SEED'] || Date.now()) | 0

/** The end of the title of a fuzzed test. */
export const SEEDED = `(FUZZ_SEED=${FUZZ_SEED})`

/** The bounds of a fuzzed test: whichever of the runs and the time is over first. */
interface FuzzBounds {
  readonly runs: number
  readonly ms?: number
}

/** The parameters of fast-check for a run that FUZZ_SEED repeats. A failure prints its counterexample, not shrunk over real servers. */
export const fuzzing = ({ runs, ms = 8_000 }: FuzzBounds) =>
  ({ seed: FUZZ_SEED, numRuns: runs, interruptAfterTimeLimit: ms, endOnFailure: true, verbose: 1 }) satisfies fc.Parameters<unknown>

/** A change of some bytes: at a place, given as a share of the length, some go and others come. */
export interface Mutation {
  readonly at: number
  readonly removed: number
  readonly added: Uint8Array
}

export const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  removed: fc.oneof({ weight: 3, arbitrary: fc.nat(4) }, { weight: 1, arbitrary: fc.nat(200) }),
  added: fc.oneof(
    { weight: 3, arbitrary: fc.uint8Array({ maxLength: 4 }) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) },
    {
      weight: 3,
      arbitrary: fc
        .constantFrom('\r\n', '\n', '\r\n\r\n', '\0', ':', '-1', '9999999999', '$', '*', ' ', '%')
        .map((text) => Buffer.from(text)),
    },
  ),
})

export function mutate(bytes: Buffer, mutations: readonly Mutation[]): Buffer {
  let result = bytes
  for (const { at, removed, added } of mutations) {
    const from = Math.floor(at * result.length)
    result = Buffer.concat([result.subarray(0, from), added, result.subarray(from + removed)])
  }
  return result
}
