import { setTimeout as delay } from 'node:timers/promises'
import type { Feeder } from './feeder.js'

const PIECE_S = 0.25

/** Feeds at a steady rate until `task` has ended, and a little longer. */
export async function feedWhile(feeder: Feeder, task: () => Promise<void>, perSecond = 600): Promise<Map<string, number>> {
  const published = new Map<string, number>()
  let isOver = false
  const feeding = (async () => {
    for (let last = false; !last; ) {
      last = isOver
      for (const [id, count] of await feeder.run({ perSecond, seconds: PIECE_S })) published.set(id, (published.get(id) ?? 0) + count)
      // A feeder that was closed, because the test has failed, returns at once.
      await delay(1)
    }
  })()
  try {
    await task()
  } finally {
    isOver = true
    await feeding
  }
  return published
}
