import { setTimeout as delay } from 'node:timers/promises'

const POLL_MS = 10

/** Polls until `check` gives true. Returns whether it did in time; a check that throws has not. */
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
