import { carries } from './carries.js'
import type { Connection, ConnectionListener, LinkState } from './connection.js'
import { watchPage } from './page-life.js'

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

/** `isOld`: the frame is the last one of its namespace, not a new one. */
type Hear = (data: string, event: string, isOld?: boolean) => unknown

export interface ClientEvents {
  /** The state has changed. `open` comes again when its `namespaces` change. */
  state: ConnectionState
  /** Frames of these namespaces may be missing, or have come twice, so totals must be fetched again. Comes when they are open again. */
  gap: { readonly namespaces: readonly string[] }
}

type EventListeners = { readonly [Name in keyof ClientEvents]: Set<(event: ClientEvents[Name]) => void> }

/** The subscriptions of a page. Made by `connect`. */
export class Client {
  readonly #open: (listener: ConnectionListener) => Connection
  readonly #frames = new Map<string, Set<Hear>>()
  readonly #events: EventListeners = { state: new Set(), gap: new Set() }
  readonly #unwatch: () => void
  #connection: Connection | null = null
  #current: ConnectionState = { name: 'connecting' }
  /** The last frame of each namespace. */
  readonly #last = new Map<string, readonly [data: string, event: string]>()
  /** The run of each namespace that has been open. */
  #runs = new Map<string, number>()
  #isChanged = false

  /** @internal */
  constructor(open: (listener: ConnectionListener) => Connection) {
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
    return this.#subscribe(namespace, listener, false)
  }

  /**
   * The same for a namespace in which every frame replaces the one before, such as a plug-in's latest value. The listener also gets the
   * last frame at once, if this tab or another one has it.
   */
  latest(namespace: string, listener: FrameListener): () => void {
    return this.#subscribe(namespace, listener, true)
  }

  #subscribe(namespace: string, listener: FrameListener, isLatest: boolean): () => void {
    const listeners = this.#frames.get(namespace) ?? new Set()
    // One function may subscribe twice.
    const each: Hear = (data, event, isOld) => (isLatest || !isOld) && listener(data, event)
    const last = this.#last.get(namespace)
    if (last) emit([each], () => each(...last, true))
    this.#frames.set(namespace, listeners.add(each))
    this.#change()
    return () => {
      listeners.delete(each)
      if (listeners.size > 0 || this.#frames.get(namespace) !== listeners) return
      this.#frames.delete(namespace)
      this.#runs.delete(namespace)
      this.#last.delete(namespace)
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
    this.#frames.clear()
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
      if (this.state === 'closed' || (this.#connection === null && this.#frames.size === 0)) return
      this.#connection ??= this.#open({
        onFrame: (event, data, isOld) => this.#take(event, data, isOld),
        onState: (state) => this.#hear(state),
      })
      this.#connection.want([...this.#frames.keys()].sort())
    })
  }

  #leave(): void {
    if (this.#connection === null) return
    this.#connection.close()
    this.#connection = null
    // No run has this number, so that the client announces a gap when it is back.
    for (const namespace of this.#runs.keys()) this.#runs.set(namespace, Number.NaN)
    this.#enter({ name: 'connecting' })
  }

  #take(event: string, data: string, isOld?: boolean): void {
    for (const [namespace, listeners] of this.#frames) {
      if (!carries(namespace, event)) continue
      this.#last.set(namespace, [data, event])
      emit(listeners, (listener) => listener(data, event, isOld))
    }
  }

  #hear(state: LinkState): void {
    if (state.name === 'open') this.#follow(state)
    else this.#enter(state)
  }

  #follow({ runs, refused: all }: Extract<LinkState, { name: 'open' }>): void {
    const own = [...this.#frames.keys()].sort()
    const namespaces = own.filter((namespace) => Object.hasOwn(runs, namespace))
    const refused = own.filter((namespace) => all.includes(namespace))
    this.#enter(namespaces.length + refused.length > 0 ? { name: 'open', namespaces, refused } : { name: 'connecting' })
    const broken = namespaces.filter((namespace) => this.#runs.has(namespace) && this.#runs.get(namespace) !== runs[namespace])
    for (const namespace of namespaces) this.#runs.set(namespace, runs[namespace] ?? Number.NaN)
    if (broken.length > 0) emit(this.#events.gap, (listener) => listener({ namespaces: broken }))
  }

  #enter(state: ConnectionState): void {
    if (JSON.stringify(state) === JSON.stringify(this.#current)) return
    this.#current = state
    emit(this.#events.state, (listener) => listener(state))
  }
}

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
