/** What a feed has done so far. */
export interface FeedFigures {
  /** As many updates as the schedule has had. */
  readonly due: number
  readonly sent: number
  /** Answered by Redis. */
  readonly acknowledged: number
  /** Refused, or lost with the connection; of the latter some may have happened. */
  readonly failed: number
  /** Too late to be sent, because Redis was away or slow. */
  readonly skipped: number
}

/** The line of progress. */
export const progressText = (figures: FeedFigures, perSecond: number, elapsedMs: number): string =>
  `${clock(elapsedMs)}  ${perSecond.toFixed(1)}/s  ${figures.sent} sent${troubles(figures)}`

/** The last line. `sent + skipped = due`, and `acknowledged + failed = sent`. */
export const summaryText = (figures: FeedFigures, elapsedMs: number): string =>
  `${figures.due} updates due in ${(elapsedMs / 1000).toFixed(3)} s: ${figures.sent} sent, ${figures.acknowledged} acknowledged, ` +
  `${figures.failed} failed, ${figures.skipped} skipped`

const troubles = ({ failed, skipped }: FeedFigures) =>
  (failed > 0 ? `  ${failed} failed` : '') + (skipped > 0 ? `  ${skipped} skipped` : '')

function clock(ms: number): string {
  const seconds = Math.round(ms / 1000)
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  return parts.map((part) => String(part).padStart(2, '0')).join(':')
}
