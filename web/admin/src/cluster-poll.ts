import { type NodeDocument, nodesOf } from './cluster.js'

const PERIOD_MS = 5000
const TIMEOUT_MS = 8000

const REFUSALS: Readonly<Record<number, string>> = {
  401: 'The server asks for its ADMIN_TOKEN: reload the page and give it as the password.',
  403: 'The server shows its nodes to nobody here: set ADMIN_TOKEN on it, or ADMIN_PUBLIC=true.',
  404: 'This server has no /admin/cluster.json: it can’t show nodes and connections.',
}

export interface PollListener {
  readonly onNodes: (nodes: readonly NodeDocument[]) => void
  /** A sentence that names the fault and the cure. */
  readonly onFailure: (message: string) => void
}

/** Asks for the nodes every few seconds while the page is visible, one request at a time. */
export class ClusterPoll {
  private timer: ReturnType<typeof setTimeout> | undefined
  private isAsking = false

  constructor(
    private readonly url: string,
    private readonly listener: PollListener,
  ) {}

  start(): void {
    document.addEventListener('visibilitychange', () => void this.ask())
    void this.ask()
  }

  private async ask(): Promise<void> {
    clearTimeout(this.timer)
    if (document.hidden || this.isAsking) return
    this.isAsking = true
    try {
      const answer = await fetch(this.url, { cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS) })
      if (answer.ok) this.listener.onNodes(nodesOf(await answer.json()))
      else this.listener.onFailure(REFUSALS[answer.status] ?? `The server answers ${answer.status} for its nodes. The page will try again.`)
    } catch {
      this.listener.onFailure(
        'The server can’t be reached. The page will try again; the nodes and connections below are from the last answer.',
      )
    } finally {
      this.isAsking = false
      this.timer = setTimeout(() => void this.ask(), PERIOD_MS)
    }
  }
}
