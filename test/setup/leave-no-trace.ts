import { afterAll, vi } from 'vitest'

/** The globals that specs replace most often, by name. */
const globals = () =>
  new Map<string, unknown>([
    ['setTimeout', setTimeout],
    ['setInterval', setInterval],
    ['setImmediate', setImmediate],
    ['Date', Date],
    ['performance.now', performance.now],
    ['Math.random', Math.random],
  ])

const before = globals()

// The unit specs share the globals of their process, so each file gives back each global that it has replaced.
afterAll(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  vi.useRealTimers()
  const left = [...globals()].filter(([name, value]) => before.get(name) !== value).map(([name]) => name)
  // Vitest gives back all spies once more at the end; the spy on a faked timer gives back the fake.
  if (left.length > 0) throw new Error(`This file leaves ${left.join(', ')} replaced: replace a faked timer by vi.stubGlobal, not by a spy`)
})
