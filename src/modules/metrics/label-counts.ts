/** Counts by a label with few values. The known ones begin at 0, so that their first step shows as one. */
export class LabelCounts<Label extends string = string> {
  readonly counts: Map<Label, number>

  constructor(known: readonly Label[]) {
    this.counts = new Map(known.map((label) => [label, 0]))
  }

  add(label: Label, by = 1): void {
    this.counts.set(label, (this.counts.get(label) ?? 0) + by)
  }
}
