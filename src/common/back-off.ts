/** How long to wait after so many failures in a row (1 or more): doubling from `firstMs` up to `maxMs`, less up to half of it by chance (0 to 1). */
export function backOffMs(
  { firstMs, maxMs }: { readonly firstMs: number; readonly maxMs: number },
  failures: number,
  chance: number,
): number {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, 16))
  return Math.round(full * (1 - chance / 2))
}
