import { carries } from './carries.js'
import type { Connection, ConnectionListener, LinkState } from './connection.js'

/** The message of a tab to all others: the namespaces that it wants. */
interface Wish {
  readonly id: string
  readonly namespaces: readonly string[]
  /** The tab is new, and the others answer with their wishes. */
  readonly isNew: boolean
}

type News = { readonly state: LinkState } | { readonly frame: readonly [event: string, data: string, isOld?: boolean] }
/** The message of the leading tab to another one. If two tabs believe that they lead, the one with the later term does. */
type Word = News & { readonly term: number }
type LastFrame = readonly [event: string, data: string, isOld: true]

const CHECK_MS = 3000
/** The numbers of checks without a message from the leading tab after which this tab asks it for one, and takes the lead. */
const ASK_AFTER = 1
const STEAL_AFTER = 2

/** Whether tabs can share a connection: that needs a page, and https or localhost. Browsers that have locks have BroadcastChannel. */
export const canShare = (): boolean => typeof document === 'object' && 'locks' in navigator

/**
 * One connection for all tabs of an origin. The tab that holds a lock leads: it has the connection, for the namespaces of all tabs, and
 * passes each tab the frames that it wants. Another tab gets the lock when that tab closes, freezes or crashes. (docs/decisions/0019)
 */
export class Tabs implements Connection {
  readonly #name: string
  readonly #open: (listener: ConnectionListener) => Connection
  readonly #listener: ConnectionListener
  readonly #id = crypto.randomUUID()
  readonly #hall: BroadcastChannel
  readonly #inbox: BroadcastChannel
  readonly #others = new Map<string, readonly string[]>()
  /** In the leading tab: the inboxes of the others. */
  readonly #outboxes = new Map<string, BroadcastChannel>()
  /** In the leading tab: the last frame of each namespace, for tabs that join later. */
  readonly #last = new Map<string, LastFrame>()
  readonly #left = new AbortController()
  readonly #gone = new Promise<void>((resolve) => this.#left.signal.addEventListener('abort', () => resolve()))
  readonly #timer: ReturnType<typeof setInterval>
  #candidacy = new AbortController()
  #wanted: readonly string[] = []
  /** The namespaces that any tab wants. */
  #served: readonly string[] = []
  #link: Connection | null = null
  #state: LinkState = { name: 'connecting' }
  #term = 0
  #silentChecks = 0
  /** True once this tab holds the lock of its id. A tab without that lock counts as gone. */
  #isHere = false

  /** @param name of the shared connection: the same in all tabs that share it */
  constructor(name: string, open: (listener: ConnectionListener) => Connection, listener: ConnectionListener) {
    this.#name = name
    this.#open = open
    this.#listener = listener
    this.#hall = new BroadcastChannel(name)
    this.#hall.onmessage = ({ data }) => this.#meet(data)
    this.#inbox = new BroadcastChannel(name + this.#id)
    this.#inbox.onmessage = ({ data }) => this.#hear(data)
    this.#timer = setInterval(() => this.#check(), CHECK_MS)
    // A tab holds the lock of its id until it is gone. A frame without an origin has no locks, and no other tabs to share with.
    this.#lock(this.#id, 'exclusive', () => {
      this.#isHere = true
      this.#announce(true)
      this.#compete(false)
      return this.#gone
    }).catch(() => this.#lead())
  }

  want(namespaces: readonly string[]): void {
    const before = this.#wanted
    this.#wanted = namespaces
    this.#announce(false)
    this.#serve()
    this.#catchUp(namespaces, before, (frame) => this.#listener.onFrame(...frame))
  }

  close(): void {
    this.#candidacy.abort()
    this.#left.abort()
    clearInterval(this.#timer)
    this.#hall.close()
    this.#inbox.close()
    this.#stepDown()
  }

  #announce(isNew: boolean): void {
    if (!this.#isHere) return
    const wish: Wish = { id: this.#id, namespaces: this.#wanted, isNew }
    this.#hall.postMessage(wish)
  }

  #meet({ id, namespaces, isNew }: Wish): void {
    const before = this.#others.get(id) ?? []
    if (!this.#others.has(id)) this.#lock(id, 'shared', () => this.#forget(id)).catch(() => undefined)
    this.#others.set(id, namespaces)
    if (isNew) this.#announce(false)
    this.#serve()
    if (this.#link === null) return
    this.#tell(id, { state: this.#state })
    this.#catchUp(namespaces, before, (frame) => this.#tell(id, { frame }))
  }

  /** Passes on the last frames of the namespaces that are wanted now and were not before. */
  #catchUp(wanted: readonly string[], before: readonly string[], hand: (frame: LastFrame) => void): void {
    for (const [namespace, frame] of this.#last) if (wanted.includes(namespace) && !before.includes(namespace)) hand(frame)
  }

  #forget(id: string): void {
    this.#others.delete(id)
    this.#outboxes.get(id)?.close()
    this.#outboxes.delete(id)
    this.#serve()
  }

  /** Requests the lock of the leading tab: in turn, or by force if `isForced`. */
  #compete(isForced: boolean): void {
    this.#candidacy.abort()
    const candidacy = new AbortController()
    this.#candidacy = candidacy
    const options = isForced ? { steal: true } : { signal: candidacy.signal }
    navigator.locks
      .request(this.#name, options, () => this.#lead())
      .catch(() => {
        if (candidacy.signal.aborted || this.#link === null) return
        // Another tab has taken the lead while this one was frozen.
        this.#stepDown()
        this.#compete(false)
        this.#announce(false)
      })
  }

  #lead(): Promise<void> | void {
    if (this.#left.signal.aborted) return
    this.#stepDown()
    this.#term = Math.max(Date.now(), this.#term + 1)
    this.#link = this.#open({
      onFrame: (event, data) => {
        this.#listener.onFrame(event, data)
        for (const namespace of this.#served) if (carries(namespace, event)) this.#last.set(namespace, [event, data, true])
        for (const [id, namespaces] of this.#others) {
          if (namespaces.some((namespace) => carries(namespace, event))) this.#tell(id, { frame: [event, data] })
        }
      },
      onState: (state) => {
        this.#state = state
        this.#listener.onState(state)
        for (const id of this.#others.keys()) this.#tell(id, { state })
      },
    })
    this.#serve()
    return this.#gone
  }

  #stepDown(): void {
    this.#link?.close()
    this.#link = null
    this.#last.clear()
    for (const outbox of this.#outboxes.values()) outbox.close()
    this.#outboxes.clear()
  }

  #serve(): void {
    this.#served = [...new Set([...this.#others.values(), this.#wanted].flat())].sort()
    for (const namespace of this.#last.keys()) if (!this.#served.includes(namespace)) this.#last.delete(namespace)
    this.#link?.want(this.#served)
  }

  #tell(id: string, news: News): void {
    const outbox = this.#outboxes.get(id) ?? new BroadcastChannel(this.#name + id)
    this.#outboxes.set(id, outbox)
    const word: Word = { ...news, term: this.#term }
    outbox.postMessage(word)
  }

  #hear(word: Word): void {
    if (this.#link !== null || word.term < this.#term) return
    this.#term = word.term
    this.#silentChecks = 0
    if ('state' in word) this.#listener.onState(word.state)
    else this.#listener.onFrame(...word.frame)
  }

  /** A visible tab takes the lead from one that does not answer, for example because the browser has suspended it. */
  #check(): void {
    if (this.#link !== null || document.hidden) this.#silentChecks = 0
    else if (this.#silentChecks++ === ASK_AFTER) this.#announce(false)
    else if (this.#silentChecks > STEAL_AFTER) this.#compete(true)
  }

  /** Runs `act` once the lock of a tab is granted, and holds the lock until it is done. */
  async #lock(id: string, mode: LockMode, act: () => Promise<void> | void): Promise<void> {
    const { signal } = this.#left
    await navigator.locks.request(this.#name + id, { mode, signal }, () => (signal.aborted ? undefined : act()))
  }
}
