/**
 * What a connection to the server is doing. `runs`: the namespaces that frames come from, each with the number of its run. Within a run no frame is
 * missing and none comes twice; after a gap the number is another one. `refused`: what was wanted as well, and the server doesn't have.
 */
export type LinkState =
  | { readonly name: 'connecting' }
  | { readonly name: 'open'; readonly runs: Readonly<Record<string, number>>; readonly refused: readonly string[] }
  | { readonly name: 'waiting'; readonly delayMs: number; readonly status?: number | undefined }

/** Hears what a connection brings. */
export interface ConnectionListener {
  /** `isOld`: it is not new, but the last of its namespace, told to who has just joined. */
  onFrame(event: string, data: string, isOld?: boolean): void
  onState(state: LinkState): void
}

/** What a client gets its frames from: a connection of its own, or one that tabs share. */
export interface Connection {
  /** Says which namespaces are wanted from now on, in alphabetical order. */
  want(namespaces: readonly string[]): void
  /** Ends it for good; nothing is heard of it any more. */
  close(): void
}
