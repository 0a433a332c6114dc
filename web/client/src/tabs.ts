import type { Connection, ConnectionListener, LinkState, News, Open, Point } from './connection.js'

/** The message of a tab to all others: the namespaces that it wants. */
interface Wish {
  readonly id: string
  readonly namespaces: readonly string[]
  /** The tab is new, and the others answer with their wishes. */
  readonly isNew: boolean
}

/**
 * The message of the leading tab to the others. All get the same ones in the same order, so that any of them can take over at the same
 * point. If two tabs believe that they lead, the one with the later term does.
 */
interface Word {
  readonly news: News
  readonly term: number
  /** The point of the connection, which is the one after a frame. */
  readonly at: Point
}

const CHECK_MS = 3000
/** The numbers of checks without a message from the leading tab after which this tab asks it for one, and takes the lead. */
const ASK_AFTER = 1
const STEAL_AFTER = 2

/** Whether tabs can share a connection: that needs a page, and https or localhost. Browsers that have locks have BroadcastChannel. */
export const canShare = (): boolean => typeof document === 'object' && 'locks' in navigator

/**
 * Makes one connection for all tabs of an origin. The tab that holds a lock leads: it has the connection, for the namespaces of all tabs, and
 * passes each tab the frames that it wants. Another tab gets the lock when that tab closes, freezes or crashes. (docs/decisions/0019)
 * @param name of the shared connection: the same in all tabs that share it
 * @param from the point after which a connection of this tab goes on
 */
export function shareLink(name: string, open: Open, listener: ConnectionListener, from: Point = Math.random()): Connection {
  const id = crypto.randomUUID()
  const others = new Map<string, readonly string[]>()
  const left = new AbortController()
  const gone = new Promise((resolve) => left.signal.addEventListener('abort', resolve))
  let candidacy = new AbortController()
  let wanted: readonly string[] = []
  let link: Connection | null = null
  let state: LinkState = { name: 'connecting' }
  let at = from
  let term = 0
  let silentChecks = 0
  /** True once this tab holds the lock of its id. A tab without that lock counts as gone. */
  let isHere = false
  /** True once the leading tab has said from where the frames go on. */
  let isMet = false

  const hall = new BroadcastChannel(name)
  hall.onmessage = ({ data }) => ('news' in data ? hear(data) : meet(data))
  const timer = setInterval(check, CHECK_MS)
  // A tab holds the lock of its id until it is gone. A frame without an origin has no locks, and no other tabs to share with.
  lock(id, () => {
    isHere = true
    announce(true)
    compete(false)
    return gone
  }).catch(lead)

  function want(namespaces: readonly string[]): void {
    wanted = namespaces
    announce(false)
    serve()
  }

  function close(): void {
    candidacy.abort()
    left.abort()
    clearInterval(timer)
    hall.close()
    stepDown()
  }

  function announce(isNew: boolean): void {
    if (isHere) hall.postMessage({ id, namespaces: wanted, isNew } satisfies Wish)
  }

  function meet({ id, namespaces, isNew }: Wish): void {
    if (!others.has(id)) lock(id, () => forget(id)).catch(() => undefined)
    others.set(id, namespaces)
    if (isNew) announce(false)
    serve()
    if (link !== null) tell({ state })
  }

  function forget(id: string): void {
    others.delete(id)
    serve()
  }

  /** Requests the lock of the leading tab: in turn, or by force if `isForced`. */
  function compete(isForced: boolean): void {
    candidacy.abort()
    const own = new AbortController()
    candidacy = own
    navigator.locks.request(name, isForced ? { steal: true } : own, lead).catch(() => {
      if (own.signal.aborted || link === null) return
      // Another tab has taken the lead while this one was frozen.
      stepDown()
      compete(false)
      announce(true)
    })
  }

  function lead(): unknown {
    if (left.signal.aborted) return
    stepDown()
    term = Math.max(Date.now(), term + 1)
    link = open(
      {
        ...listener,
        onNews: (news, next) => {
          at = next
          listener.onNews(news, at)
          tell(news)
          if (!('state' in news)) return
          state = news.state
          if (news.state.name !== 'open') return
          // A tab has joined, now or while the connection was lost.
          for (const frame of listener.present()) tell({ frame, isOld: true })
        },
      },
      at,
    )
    serve()
    return gone
  }

  function stepDown(): void {
    link?.close()
    link = null
    isMet = false
  }

  function serve(): void {
    link?.want([...new Set([...others.values(), wanted].flat())].sort())
  }

  function tell(news: News): void {
    if (others.size > 0) hall.postMessage({ news, term, at } satisfies Word)
  }

  function hear(word: Word): void {
    if (link !== null || word.term < term) return
    term = word.term
    silentChecks = 0
    isMet ||= 'state' in word.news
    if (!isMet) return
    at = word.at
    listener.onNews(word.news, at)
  }

  /** A visible tab takes the lead from one that does not answer, for example because the browser has suspended it. */
  function check(): void {
    if (link !== null || document.hidden) silentChecks = 0
    else if (silentChecks++ === ASK_AFTER) announce(false)
    else if (silentChecks > STEAL_AFTER) compete(true)
  }

  /** Runs `act` once the lock of a tab is granted, and holds the lock until it is done. */
  function lock(tab: string, act: () => unknown): Promise<unknown> {
    return navigator.locks.request(name + tab, left, () => left.signal.aborted || act())
  }

  return { want, close }
}
