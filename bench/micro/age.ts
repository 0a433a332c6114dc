// The age of the server under measurement: new, or with `--late` beyond what V8 keeps as a small integer (31 bits and a sign).
const LATE = 2 ** 31

/** True with the argument `--late`. */
export const isLate = process.argv.includes('--late')

/** The position from which the score logs start: after so many updates. */
export const START = isLate ? LATE : 0

/** Shifts the clock to an uptime of `LATE` ms, 24.8 days. The new server gets the same wrapper, so that the two differ by the numbers alone. */
export function shiftClock(): void {
  const now = performance.now.bind(performance)
  Object.defineProperty(performance, 'now', { value: () => now() + START })
}
