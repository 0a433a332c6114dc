/**
 * The index in `earlier` at which `later` begins: the only one from which both are equal up to the end of the shorter one, over `least`
 * items or more. Null if there is no such index, or several.
 */
export function alignment(earlier: readonly string[], later: readonly string[], least: number): number | null {
  let found: number | null = null
  for (let start = 0; start + least <= earlier.length && least <= later.length; start++) {
    if (!agree(earlier, start, later)) continue
    if (found !== null) return null
    found = start
  }
  return found
}

function agree(earlier: readonly string[], start: number, later: readonly string[]): boolean {
  for (let index = 0; index < later.length && start + index < earlier.length; index++) {
    if (earlier[start + index] !== later[index]) return false
  }
  return true
}
