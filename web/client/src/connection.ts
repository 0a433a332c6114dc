/**
 * The state of a connection to the server. `runs`: the open namespaces, each with the number of its run. Within a run no frame is missing
 * and none comes twice; after a gap the number is another one. `refused`: the wanted namespaces that the server does not have.
 */
export type LinkState =
  | { readonly name: 'connecting' }
  | { readonly name: 'open'; readonly runs: Readonly<Record<string, number>>; readonly refused: readonly string[] }
  | { readonly name: 'waiting'; readonly delayMs: number; readonly status?: number | undefined }

/** Takes the frames and the states of a connection. */
export interface ConnectionListener {
  /** `isOld`: the frame is the last one of its namespace, repeated for a tab that has just joined, not a new one. */
  onFrame(event: string, data: string, isOld?: boolean): void
  onState(state: LinkState): void
}

/** The source of a client's frames: a separate connection, or one that all tabs share. */
export interface Connection {
  /** Sets the wanted namespaces, in alphabetical order. */
  want(namespaces: readonly string[]): void
  /** Ends the connection. Its listener gets no further calls. */
  close(): void
}
