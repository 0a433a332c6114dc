/**
 * Counts what was not taken from the source, by reason: bad ids, too many new ids, payloads over their bound. Reasons are fixed words,
 * also metric labels.
 */
export class Refusals {
  readonly counts = new Map<string, number>()
  total = 0

  count(reason: string): void {
    this.total++
    this.counts.set(reason, (this.counts.get(reason) ?? 0) + 1)
  }
}
