import { backOffMs } from '../common/back-off.js'

const DELAYS = { firstMs: 100, maxMs: 10_000 }

/** A worker that has lived for this long is taken to be sound: its falls are counted anew. */
const SOUND_MS = 30_000

/** How long to wait before a fallen worker is started again. */
export function restartDelayMs(fallsBefore: number, livedMs: number, random: number): { readonly delayMs: number; readonly falls: number } {
  const falls = livedMs >= SOUND_MS ? 1 : fallsBefore + 1
  return { delayMs: backOffMs(DELAYS, falls, random), falls }
}
