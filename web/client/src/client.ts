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

export interface ClientEvents {
  /** The state has changed. `open` comes again when its `namespaces` change. */
  state: ConnectionState
  /** Data of these namespaces are missing for good. Comes when they are open again. */
  gap: { readonly namespaces: readonly string[] }
}

/** The subscriptions of a page. Made by `connect`. */
export interface Client {
  readonly state: ConnectionState['name']

  /**
   * Calls the listener with each frame of a namespace: `eps`, `raw`, `details`, `details/<id>`, `kiosk_interaction`, or one of a plug-in.
   * Returns a function that ends the subscription. A closed client calls no listener.
   */
  subscribe(namespace: string, listener: FrameListener): () => void

  /**
   * The same for a namespace in which every frame replaces the one before, such as a plug-in's latest value. The listener also gets the
   * last frame at once, if this tab or another one has it.
   */
  latest(namespace: string, listener: FrameListener): () => void

  /**
   * Keeps all counts of `totals` equal to those of the server, from the first snapshot on. On a server that sends no snapshots, adds the
   * increments. Returns a function that ends it.
   */
  follow(totals: Totals): () => void

  /** Calls the listener with the total of one id, as soon as it is known and whenever it changes. Returns a function that ends it. */
  counter(id: string, listener: (total: number) => void): () => void

  /** Calls the listener with each event of this name. Returns a function that removes the listener. */
  on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): () => void

  /** Ends all subscriptions. A closed client stays closed. */
  close(): void
}
