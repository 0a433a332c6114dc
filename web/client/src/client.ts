import { carries } from './carries.js'
import type { Connection, LinkState, Open, Point } from './connection.js'
import { covers, isCounting, TOTALS } from './counting.js'
import { Counts } from './counts.js'
import { watchPage } from './page-life.js'
import type { Totals } from './totals.js'

/** The state of a client. */
export type ConnectionState =
  /** The client connects, or has no subscription to connect for. */
  | { readonly name: 'connecting' }
  /**
   * Frames come. `namespaces`: the subscribed namespaces that are open by now, in alphabetical order. `refused`: the subscribed namespaces
   * that the server does not have; the client asks for them again after a while.
   */
  | { readonly name: 'open'; readonly namespaces: readonly string[]; readonly refused: readonly string[] }
  /** The client tries again after `delayMs`. `status`: the status of an answer that was no stream, if there was one. */
  | { readonly name: 'waiting'; readonly delayMs: number; readonly status?: number | undefined }
  /** `close` was called. */
  | { readonly name: 'closed' }

/** Takes the frames of a namespace: the data, whose lines are joined by LF, and the event name. */
export type FrameListener = (data: string, event: string) => void

type Hear = (data: string, event: string, isOld?: boolean) => unknown

interface Subscription {
  readonly namespace: string
  readonly hear: Hear
  /** True once it can have missed something: it was open before this stream, or frames have come. */
  isBegun?: boolean
}

export interface ClientEvents {
  /** The state has changed. `open` comes again when its `namespaces` change. */
  state: ConnectionState
  /** Data of these namespaces are missing for good. Comes when they are open again. */
  gap: { readonly namespaces: readonly string[] }
}

type EventListeners = { readonly [Name in keyof ClientEvents]: Set<(event: ClientEvents[Name]) => void> }

/** The subscriptions of a page. Made by `connect`. */
export class Client {
  readonly #open: Open
  readonly #subscriptions = new Set<Subscription>()
  readonly #events: EventListeners = { state: new Set(), gap: new Set() }
  readonly #unwatch: () => void
  #connection: Connection | null = null
  #current: ConnectionState = { name: 'connecting' }
  /** Event → data of the last frame, in the order of their coming. Details and kiosk_interaction have too many events for that. */
  readonly #last = new Map<string, string>()
  #at: Point | undefined
  readonly #counts = new Counts()
  /** The open namespaces of the connection. */
  #served: readonly string[] = []
  #isChanged = false

  /** @internal */
  constructor(open: Open) {
    this.#open = open
    this.#unwatch = watchPage(
      () => this.#leave(),
      () => this.#change(),
    )
  }

  get state(): ConnectionState['name'] {
    return this.#current.name
  }

  /**
   * Calls the listener with each frame of a namespace: `eps`, `raw`, `details`, `details/<id>`, `kiosk_interaction`, or one of a plug-in.
   * Returns a function that ends the subscription. A closed client calls no listener.
   */
  subscribe(namespace: string, listener: FrameListener): () => void {
    return this.#subscribe(namespace, (data, event, isOld) => isOld || isCount(event) || listener(data, event))
  }

  /**
   * The same for a namespace in which every frame replaces the one before, such as a plug-in's latest value. The listener also gets the
   * last frame at once, if this tab or another one has it.
   */
  latest(namespace: string, listener: FrameListener): () => void {
    return this.#subscribe(namespace, (data, event) => isCount(event) || listener(data, event))
  }

  /**
   * Keeps all counts of `totals` equal to those of the server, from the first snapshot on. On a server that sends no snapshots, adds the
   * increments. Returns a function that ends it.
   */
  follow(totals: Totals): () => void {
    const seed = () => this.#counts.has('eps') && totals.seed(this.#counts.toJSON())
    seed()
    return this.#subscribe('eps', (data, event) => {
      if (event === 'snapshot') seed()
      else if (event === TOTALS) totals.raise(JSON.parse(data))
      else if (!this.#counts.has('eps')) totals.add(data)
    })
  }

  /** Calls the listener with the total of one id, as soon as it is known and whenever it changes. Returns a function that ends it. */
  counter(id: string, listener: (total: number) => void): () => void {
    const namespace = TOTALS + id
    let last: number | undefined
    const show = () => {
      const total = this.#counts.get(id)
      if (total === last || !this.#counts.has(namespace)) return
      last = total
      listener(total)
    }
    show()
    return this.#subscribe(namespace, show)
  }

  #subscribe(namespace: string, hear: Hear): () => void {
    const last = [...this.#last].filter(([event]) => carries(namespace, event)).at(-1)
    if (last) emit([hear], () => hear(last[1], last[0], true))
    const subscription = { namespace, hear }
    this.#subscriptions.add(subscription)
    this.#change()
    return () => {
      this.#subscriptions.delete(subscription)
      this.#change()
    }
  }

  /** Calls the listener with each event of this name. Returns a function that removes the listener. */
  on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): () => void {
    this.#events[name].add(listener)
    return () => void this.#events[name].delete(listener)
  }

  /** Ends all subscriptions. A closed client stays closed. */
  close(): void {
    this.#unwatch()
    this.#subscriptions.clear()
    this.#last.clear()
    this.#connection?.close()
    this.#enter({ name: 'closed' })
  }

  /** Applies the changes of one turn of the event loop to the connection together. */
  #change(): void {
    if (this.#isChanged) return
    this.#isChanged = true
    queueMicrotask(() => {
      this.#isChanged = false
      const namespaces = this.#namespaces()
      if (this.state === 'closed' || (this.#connection === null && namespaces.length === 0)) return
      this.#connection ??= this.#open(
        {
          present: () => [...this.#counts.snapshot, ...this.#last],
          onNews: (news, at) => {
            if ('frame' in news) {
              this.#at = at
              this.#take(...news.frame, news.isOld)
            } else if (news.state.name === 'open') this.#resume(news.state, at)
            else {
              this.#last.clear()
              this.#enter(news.state)
            }
          },
        },
        this.#at,
      )
      this.#connection.want(namespaces)
    })
  }

  #leave(): void {
    this.#connection?.close()
    this.#connection = null
    this.#enter({ name: 'connecting' })
  }

  #take(event: string, data: string, isOld?: boolean): void {
    const isLoss = event === 'reset' || event === 'gap'
    if (event !== '' && !isLoss) this.#begin()
    if (isCount(event)) {
      // This tab knows them.
      if (isOld && this.#counts.snapshot.length > 0) return
      const [rises, isLower] = this.#counts.take(event, data)
      this.#hand(isCounting, event, data)
      if (rises.length > 0) this.#hand((namespace) => namespace === 'eps', 'eps', JSON.stringify(Object.fromEntries(rises)))
      if (isLower) this.#lose((namespace) => namespace === 'eps')
    } else if (isLoss) {
      this.#counts.isStale ||= event === 'reset'
      this.#lose((namespace) => !isCounting(namespace))
    } else if (!isOld || this.#last.get(event) !== data) {
      this.#last.delete(event)
      if (!event.startsWith('stream.')) this.#last.set(event, data)
      this.#hand((namespace) => carries(namespace, event), event, data, isOld)
    }
  }

  #hand(isMeant: (namespace: string) => boolean, event: string, data: string, isOld?: boolean): void {
    const meant = [...this.#subscriptions].filter(({ namespace }) => isMeant(namespace))
    emit(meant, ({ hear }) => hear(data, event, isOld))
  }

  #begin(): void {
    for (const subscription of this.#subscriptions) subscription.isBegun ||= covers(this.#served, subscription.namespace)
  }

  #lose(isLost: (namespace: string) => boolean): void {
    const namespaces = this.#namespaces(({ namespace, isBegun }) => isBegun && isLost(namespace))
    if (namespaces.length > 0) emit(this.#events.gap, (listener) => listener({ namespaces }))
  }

  #namespaces(isMeant: (subscription: Subscription) => unknown = () => true): readonly string[] {
    return [...new Set([...this.#subscriptions].filter(isMeant).map(({ namespace }) => namespace))].sort()
  }

  #resume({ namespaces: open, refused: all }: Extract<LinkState, { name: 'open' }>, at: Point): void {
    const namespaces = this.#namespaces(({ namespace }) => covers(open, namespace))
    const refused = this.#namespaces(({ namespace }) => all.includes(namespace))
    const isBroken = at !== this.#at
    this.#at = at
    this.#begin()
    this.#served = open
    this.#counts.isStale ||= isBroken
    this.#counts.open(open, at)
    for (const event of this.#last.keys()) if (!open.some((namespace) => carries(namespace, event))) this.#last.delete(event)
    this.#enter(namespaces.length + refused.length > 0 ? { name: 'open', namespaces, refused } : { name: 'connecting' })
    // Totals come again where the server has them.
    if (isBroken) this.#lose((namespace) => typeof at === 'number' || !isCounting(namespace))
  }

  #enter(state: ConnectionState): void {
    if (JSON.stringify(state) === JSON.stringify(this.#current)) return
    this.#current = state
    emit(this.#events.state, (listener) => listener(state))
  }
}

/** True if a frame has totals, not increments. */
const isCount = (event: string) => event === 'snapshot' || event === TOTALS

/** Calls every listener. An error in one is reported, and the others still run. */
function emit<Listener>(listeners: Iterable<Listener>, call: (listener: Listener) => unknown): void {
  for (const listener of [...listeners]) {
    try {
      call(listener)
    } catch (error) {
      reportError(error)
    }
  }
}
