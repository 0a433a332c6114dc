import { carries } from './carries.js'
import type { Connection, ConnectionListener, ConnectionState } from './connection-state.js'

/** Hears the frames of a namespace: the data as it came, several lines with LF between them, and the name of the event. */
export type FrameListener = (data: string, event: string) => void

export interface ClientEvents {
  /** The state has changed; `open` also comes again when `namespaces` change. */
  state: ConnectionState
  /**
   * Frames of these namespaces may be missing, or (where the server couldn't be asked twice at the same point) may have come twice: fetch totals
   * anew. Comes after `open`.
   */
  gap: { readonly namespaces: readonly string[] }
}

type EventListeners = { readonly [Name in keyof ClientEvents]: Set<(event: ClientEvents[Name]) => void> }

/** Subscriptions of one page. Made by `connect`. */
export class Client {
  private readonly frames = new Map<string, Set<FrameListener>>()
  private readonly events: EventListeners = { state: new Set(), gap: new Set() }
  private readonly connection: Connection
  private current: ConnectionState = { name: 'connecting' }
  private isChanged = false

  /** @internal */
  constructor(open: (listener: ConnectionListener) => Connection) {
    this.connection = open({
      onFrame: (event, data) => this.take(event, data),
      onState: (state) => this.enter(state),
      onGap: (namespaces) => emit(this.events.gap, { namespaces }),
    })
  }

  get state(): ConnectionState['name'] {
    return this.current.name
  }

  /** Hears frames of a namespace: `eps`, `raw`, `details`, `details/<id>`, `kiosk_interaction`, or one of a plug-in. Returns what ends that. */
  subscribe(namespace: string, listener: FrameListener): () => void {
    const listeners = this.frames.get(namespace) ?? new Set()
    this.frames.set(namespace, listeners.add(listener))
    this.change()
    return () => {
      listeners.delete(listener)
      if (listeners.size > 0 || this.frames.get(namespace) !== listeners) return
      this.frames.delete(namespace)
      this.change()
    }
  }

  /** Hears of changes. Returns what ends that. */
  on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): () => void {
    this.events[name].add(listener)
    return () => void this.events[name].delete(listener)
  }

  /** Ends all subscriptions, for good. */
  close(): void {
    if (this.state === 'closed') return
    this.frames.clear()
    this.connection.close()
    this.enter({ name: 'closed' })
  }

  /** Several changes of one turn make one change of the connection. */
  private change(): void {
    if (this.isChanged) return
    this.isChanged = true
    queueMicrotask(() => {
      this.isChanged = false
      if (this.state !== 'closed') this.connection.want([...this.frames.keys()].sort())
    })
  }

  private take(event: string, data: string): void {
    for (const [namespace, listeners] of this.frames) {
      if (carries(namespace, event)) for (const listener of listeners) guard(() => listener(data, event))
    }
  }

  private enter(state: ConnectionState): void {
    this.current = state
    emit(this.events.state, state)
  }
}

function emit<Event>(listeners: ReadonlySet<(event: Event) => void>, event: Event): void {
  for (const listener of listeners) guard(() => listener(event))
}

/** A listener that throws must not take frames from the others. */
function guard(call: () => void): void {
  try {
    call()
  } catch (error) {
    reportError(error)
  }
}
