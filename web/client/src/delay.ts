const FIRST_MS = 1000
const MAX_MS = 30_000

/** How long to wait after so many failures in a row (1 or more): doubling from 1 s up to 30 s, less up to half of it by chance (0 to 1). */
export const delayMs = (failures: number, chance: number): number =>
  Math.round(Math.min(MAX_MS, FIRST_MS * 2 ** (failures - 1)) * (1 - chance / 2))
