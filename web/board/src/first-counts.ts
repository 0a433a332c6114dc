import { type Fields, isFields, objectOf, textOf } from '../../shared/fields.js'

const TIMEOUT_MS = 8000
const RETRY_MS = 5000

export interface SnapshotListener {
  readonly onAsk: () => void
  /** Id → count, as in Redis. */
  readonly onScores: (scores: ReadonlyMap<string, number>) => void
  /** There are no scores: the server has no Redis, or cannot read it at the moment. */
  readonly onNone: () => void
}

/** Fetches the counts that the board starts from, and tries again while the server has none. A new request replaces the one under way. */
export class FirstCounts {
  private timer: ReturnType<typeof setTimeout> | undefined
  private asking: AbortController | null = null

  constructor(
    private readonly url: string,
    private readonly listener: SnapshotListener,
  ) {}

  async fetch(): Promise<void> {
    this.stop()
    const asking = new AbortController()
    this.asking = asking
    this.listener.onAsk()
    const document = await this.ask(AbortSignal.any([asking.signal, AbortSignal.timeout(TIMEOUT_MS)]))
    if (asking.signal.aborted) return
    if (document !== null && textOf(document, 'source') === 'redis') return this.listener.onScores(scoresIn(document))
    this.listener.onNone()
    if (document === null) this.timer = setTimeout(() => void this.fetch(), RETRY_MS * (0.5 + Math.random()))
  }

  /** Ends a request when the stream is lost: its answer would have no increments to go with. */
  stop(): void {
    clearTimeout(this.timer)
    this.asking?.abort()
  }

  private async ask(signal: AbortSignal): Promise<Fields | null> {
    try {
      const answer = await fetch(this.url, { cache: 'no-store', signal })
      const document: unknown = answer.ok ? await answer.json() : null
      return isFields(document) ? document : null
    } catch {
      return null
    }
  }
}

/** The scores without values that are no counts. Every id is valid, `__proto__` too. */
export function scoresIn(document: Fields): ReadonlyMap<string, number> {
  const isCount = (entry: [string, unknown]): entry is [string, number] => Number.isSafeInteger(entry[1]) && Number(entry[1]) > 0
  return new Map(Object.entries(objectOf(document, 'scores')).filter(isCount))
}
