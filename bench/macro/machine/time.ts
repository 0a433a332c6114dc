import { setTimeout as delay } from 'node:timers/promises'

const POLL_MS = 10

/** CLOCK_MONOTONIC in ns: comparable between the processes of one machine. Exact to the ns for the first hundred days after boot. */
export const nowNs = (): number => Number(process.hrtime.bigint())

/** Polls until `check` returns true. Returns false after the deadline; a check that throws counts as false. */
export async function until(check: () => boolean | Promise<boolean>, deadlineMs: number): Promise<boolean> {
  const deadline = performance.now() + deadlineMs
  for (;;) {
    if (
      await Promise.resolve()
        .then(check)
        .catch(() => false)
    )
      return true
    if (performance.now() > deadline) return false
    await delay(POLL_MS)
  }
}
