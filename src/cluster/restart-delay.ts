const FIRST_MS = 100
const MAX_MS = 10_000

/** A worker that has lived for this long is taken to be sound: its falls are counted anew. */
const SOUND_MS = 30_000

/** How long to wait before a fallen worker is started again: exponential in its falls in a row, less up to half of it by chance. */
export function restartDelayMs(fallsBefore: number, livedMs: number, random: number): { readonly delayMs: number; readonly falls: number } {
  const falls = livedMs >= SOUND_MS ? 1 : fallsBefore + 1
  const full = Math.min(MAX_MS, FIRST_MS * 2 ** Math.min(falls - 1, 16))
  return { delayMs: Math.round(full * (1 - random / 2)), falls }
}
