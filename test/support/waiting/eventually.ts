import { setTimeout as delay } from 'node:timers/promises'
import { inspect } from 'node:util'

const POLL_MS = 10

/** Polls `check` every 10 ms until it gives a truthy value, and throws after `deadlineMs` milliseconds, with the last value seen. */
export async function eventually<T>(
  what: string,
  check: () => T | undefined | false | Promise<T | undefined | false>,
  deadlineMs = 10_000,
): Promise<T> {
  const deadline = performance.now() + deadlineMs
  let last = 'never checked'
  do {
    try {
      const value = await before(deadline, check())
      if (value) return value
      last = `last value: ${inspect(value)}`
    } catch (error) {
      last = `last error: ${error instanceof Error ? error.message : inspect(error)}`
    }
    await delay(POLL_MS)
  } while (performance.now() < deadline)
  throw new Error(`${what}: not within ${deadlineMs} ms (${last})`)
}

/** A check that never settles must not outlive the deadline. */
async function before<T>(deadline: number, value: T | Promise<T>): Promise<T> {
  const timer = new AbortController()
  const late = delay(Math.max(0, deadline - performance.now()), undefined, { signal: timer.signal }).then(() => {
    throw new Error('the check did not settle')
  })
  late.catch(() => undefined)
  try {
    return await Promise.race([value, late])
  } finally {
    timer.abort()
  }
}
