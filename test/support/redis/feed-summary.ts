/** The summary that a feed prints at its end. */
export interface FeedSummary {
  readonly due: number
  readonly elapsedS: number
  readonly sent: number
  readonly acknowledged: number
  readonly failed: number
  readonly skipped: number
}

const SUMMARY = /^(\d+) updates due in ([\d.]+) s: (\d+) sent, (\d+) acknowledged, (\d+) failed, (\d+) skipped$/m

export function feedSummary(printed: string): FeedSummary {
  const [, due, elapsedS, sent, acknowledged, failed, skipped] = (SUMMARY.exec(printed) ?? []).map(Number)
  if (due === undefined || elapsedS === undefined || sent === undefined || acknowledged === undefined)
    throw new Error(`no summary: ${printed}`)
  if (failed === undefined || skipped === undefined) throw new Error(`no summary: ${printed}`)
  return { due, elapsedS, sent, acknowledged, failed, skipped }
}
