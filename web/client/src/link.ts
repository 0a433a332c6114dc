import type { Connection, ConnectionListener, News, Point } from './connection.js'
import { isCounting, TOTALS } from './counting.js'
import { delayMs, MAX_MS, MAX_REFUSED_MS } from './delay.js'
import { requestSnapshot } from './snapshot-request.js'
import type { OpenStream, StreamEnd } from './stream.js'

/** A stream that stayed open for this time did not fail. */
const LASTING_MS = 5000
const AGAIN_MS = 1000
/** The longest time for which the frames of the open stream wait for the next stream. */
const HOLD_MS = 2000

interface Attempt {
  readonly namespaces: readonly string[]
  readonly lastId: string
  close(): void
  openedAtMs: number
}

/**
 * Makes a connection to the server that reconnects by itself. Each stream goes on after the last frame of the one before it, by the id of
 * that frame. Where the namespaces change, another stream replaces the open one, which holds its frames back meanwhile: the new stream brings
 * them again. (docs/decisions/0019)
 * @param from the point after which the first stream goes on
 */
export function openLink(openStream: OpenStream, listener: ConnectionListener, from: Point = Math.random()): Connection {
  let wanted: readonly string[] = []
  /** The stream that is open. */
  let current: Attempt | null = null
  /** The stream that will replace the open one, or that will be the first. */
  let next: Attempt | null = null
  /** The frames of the open stream since the request for the next one, which brings them again; null if there is none. */
  let held: (() => void)[] | null = null
  let holdTimer: ReturnType<typeof setTimeout> | undefined
  let retryTimer: ReturnType<typeof setTimeout> | undefined
  let waitsUntilMs = 0
  let failures = 0
  let refusals = 0
  /** The namespaces that the server has refused. The link asks for them again after a while. */
  let refused: readonly string[] = []
  let at = from
  /** The request for a snapshot that the open stream did not bring. */
  let request: { close(): void } | undefined

  function want(namespaces: readonly string[]): void {
    wanted = namespaces
    refusals = 0
    if (namespaces.length > 0) {
      adjust()
      // The open stream may cover what is wanted as well.
      if (current !== null && next === null) tellOpen(current)
    } else {
      drop()
      giveUp()
    }
  }

  const retry = () => {
    waitsUntilMs = 0
    refused = []
    adjust()
  }

  /**
   * Opens another stream if the wanted namespaces are not those of the present one. A wait ends first. The timer of a wait may be a minute
   * late in a hidden tab; in that case the wait ends here, when another tab asks for namespaces.
   */
  function adjust(): void {
    if (performance.now() < waitsUntilMs) return
    const named = wanted.filter((namespace) => !refused.includes(namespace))
    // Beside eps, the counts of single ids add nothing.
    const namespaces = named.includes('eps') ? named.filter((namespace) => namespace === 'eps' || !isCounting(namespace)) : named
    if (namespaces.length === 0) {
      // All wanted namespaces are refused, so the open stream is not wanted.
      closeCurrent()
      return
    }
    if ((next ?? current)?.namespaces.join('\n') === namespaces.join('\n')) return
    next?.close()
    start(namespaces)
  }

  function start(namespaces: readonly string[]): void {
    const lastId = typeof at === 'string' ? at : ''
    if (current === null) tell({ state: { name: 'connecting' } })
    else if (lastId !== '' && held === null) {
      held = []
      holdTimer = setTimeout(giveUp, HOLD_MS)
    }
    const attempt: Attempt = {
      namespaces,
      lastId,
      openedAtMs: Number.POSITIVE_INFINITY,
      ...openStream(namespaces, lastId, {
        onOpen: () => opened(attempt),
        onFrame: (...frame) => (held === null ? take(attempt, ...frame) : void held.push(() => take(attempt, ...frame))),
        onEnd: (end) => ended(attempt, end),
      }),
    }
    next = attempt
  }

  function opened(attempt: Attempt): void {
    attempt.openedAtMs = performance.now()
    closeCurrent()
    current = attempt
    next = null
    if (attempt.lastId === '') at = Math.random()
    tellOpen(attempt)
  }

  function take(attempt: Attempt, event: string, data: string, id: string | undefined): void {
    if (id !== undefined) at = id
    else if (typeof at === 'string') {
      // This server knows no ids, so frames may be missing.
      at = Math.random()
      tellOpen(attempt)
    }
    tell({ frame: [event === 'eps' && id !== undefined ? TOTALS : event, data] })
    // A stream that goes on after an id brings no totals of the namespaces that are new on it.
    if (event === '' && id === attempt.lastId) complete(attempt)
  }

  /** Requests the snapshot that is missing, by a stream that lasts only for that. */
  function complete(attempt: Attempt): void {
    const counting = attempt.namespaces.filter(isCounting)
    if (counting.length === 0 || listener.present()[0]?.[0] === 'snapshot') return
    const again = () => setTimeout(() => attempt === current && complete(attempt), AGAIN_MS)
    request = requestSnapshot(openStream, counting, (data) => tell({ frame: ['snapshot', data] }), again)
  }

  function ended(attempt: Attempt, end: StreamEnd): void {
    if (attempt === next) {
      next = null
      // The held frames count: there is no other stream to bring them.
      const frames = held ?? []
      clearTimeout(holdTimer)
      held = null
      for (const each of frames) each()
      wait(attempt, end)
    } else if (next === null) {
      closeCurrent()
      wait(attempt, end)
    } else giveUp()
  }

  /** Leaves everything to the next stream. */
  function giveUp(): void {
    closeCurrent()
    tell({ state: { name: 'connecting' } })
  }

  /** Tries again after a delay. Until then the link continues without the namespaces that the server refuses. */
  function wait({ namespaces, openedAtMs }: Attempt, end: StreamEnd): void {
    const { refused: others = [], status } = end
    if (performance.now() - openedAtMs > LASTING_MS) failures = 0
    const isRefused = namespaces.some((namespace) => others.includes(namespace))
    const ms = delayMs(end, isRefused ? ++refusals : ++failures, Math.random(), isRefused ? MAX_REFUSED_MS : MAX_MS)
    clearTimeout(retryTimer)
    retryTimer = setTimeout(retry, ms)
    // Only the refused namespaces wait.
    if (isRefused) refused = [...refused, ...others]
    else waitsUntilMs = performance.now() + ms
    adjust()
    if (current !== null) tellOpen(current)
    else if (next === null) tell({ state: { name: 'waiting', delayMs: ms, status } })
  }

  const tell = (news: News) => listener.onNews(news, at)
  const tellOpen = ({ namespaces }: Attempt) => tell({ state: { name: 'open', namespaces, refused } })

  function closeCurrent(): void {
    clearTimeout(holdTimer)
    held = null
    request?.close()
    current?.close()
    current = null
  }

  /** Closes both streams and clears all timers. What comes later begins anew. */
  function drop(): void {
    clearTimeout(retryTimer)
    refused = []
    waitsUntilMs = 0
    closeCurrent()
    next?.close()
    next = null
    at = Math.random()
  }

  globalThis.addEventListener?.('online', retry)
  return {
    want,
    close() {
      globalThis.removeEventListener?.('online', retry)
      drop()
    },
  }
}
