/**
 * A point in the frames of a connection: the event id of the last frame, or the number of a stream without ids. Two points are equal if
 * and only if no frame lies between them.
 */
export type Point = string | number

export type Frame = readonly [event: string, data: string]

/**
 * The state of a connection to the server. `namespaces`: the open ones; `eps` covers every `eps/<id>`. `refused`: the wanted namespaces
 * that the server does not have.
 */
export type LinkState =
  | { readonly name: 'connecting' }
  | { readonly name: 'open'; readonly namespaces: readonly string[]; readonly refused: readonly string[] }
  | { readonly name: 'waiting'; readonly delayMs: number; readonly status?: number | undefined }

/**
 * The events of a connection. Beside the frames of the namespaces these come:
 * - `snapshot`: the totals of all ids of the open namespaces, id → total.
 * - TOTALS: the totals of the ids that have changed. A server without totals sends `eps`, with increments, in its place.
 * - `reset`, `gap`: messages are missing for good. After a reset totals may be lower than before.
 * - an event without a name or data, where the point alone has changed.
 */
export type News =
  | { readonly state: LinkState }
  /** `isOld`: the frame is one of those of `present` of the leading tab. */
  | { readonly frame: Frame; readonly isOld?: boolean }

export interface ConnectionListener {
  /** `at`: the point after a frame; the point from which the frames go on after a state. */
  onNews(news: News, at: Point): void
  /**
   * The frames that bring another tab up to date: first a snapshot, unless totals of an open namespace are unknown, then the last frame of
   * each event.
   */
  present(): readonly Frame[]
}

/** The source of a client's frames: a separate connection, or one that all tabs share. */
export interface Connection {
  /** Sets the wanted namespaces, in alphabetical order. */
  want(namespaces: readonly string[]): void
  /** Ends the connection. Its listener gets no further calls. */
  close(): void
}

/** Makes a connection whose frames go on from a point, if the server still knows it. */
export type Open = (listener: ConnectionListener, from?: Point) => Connection
