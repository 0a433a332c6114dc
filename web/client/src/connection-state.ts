/** What a client is doing. */
export type ConnectionState =
  /** It connects, or has nothing to connect for. */
  | { readonly name: 'connecting' }
  /** Frames come. `namespaces`: those of its subscriptions that they come from by now, in alphabetical order. */
  | { readonly name: 'open'; readonly namespaces: readonly string[] }
  /** It tries again after `delayMs`. `status`: of the answer that was no stream, where there was one. */
  | { readonly name: 'waiting'; readonly delayMs: number; readonly status?: number }
  /** `close` was called. */
  | { readonly name: 'closed' }

/** Hears what a connection brings. */
export interface ConnectionListener {
  onFrame(event: string, data: string): void
  onState(state: ConnectionState): void
  /** Frames of these namespaces may be missing, or may have come twice. */
  onGap(namespaces: readonly string[]): void
}

/** What a client gets its frames from: a connection of its own, or one that tabs share. */
export interface Connection {
  /** Says which namespaces are wanted from now on, in alphabetical order. */
  want(namespaces: readonly string[]): void
  close(): void
}
