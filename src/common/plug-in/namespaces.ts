/** The largest count of one `add`: 2^32 - 1. */
export const MAX_INCREMENT = 4_294_967_295

/** Increments that add up, as those of eps do. */
export interface IncrementsNamespace {
  /**
   * Adds to an id. What comes in one period of the flush (17 ms) goes out together, `data:{"<id>":<n>,…}`; a subscriber that falls behind gets one sum
   * when it drains, so that what it has received always equals what was added while it was subscribed.
   * An id is 1 to 128 bytes of UTF-8 without control characters; any other is refused and counted. So is a new id where one flush has
   * more of them than the server takes: 4096, or MAX_IDS where that is lower.
   * @param count whole, 1 to MAX_INCREMENT; default 1
   * @throws RangeError for any other count
   */
  add(id: string | Uint8Array, count?: number): void
}

/** The latest value, of which only the newest matters. */
export interface LatestNamespace {
  /**
   * Makes this the present value: a new subscriber gets it at once, the others at the next flush (at most one value in 17 ms), and one that falls behind
   * gets only the newest when it drains. A value over QUEUE_MAX_BYTES is refused and counted, and the one before stays.
   */
  publish(data: string | Uint8Array): void
}

/** Every message. */
export interface QueueNamespace {
  /**
   * Sends a message to every subscriber. It waits in the queue of those that fall behind; one over QUEUE_MAX_BYTES or QUEUE_STALL_MS is closed as slow.
   * A message over QUEUE_MAX_BYTES is refused and counted.
   * @param eventName default: none; on a multiplexed stream the namespace
   * @throws RangeError where the event name holds a line break
   */
  publish(data: string | Uint8Array, eventName?: string): void
}

/**
 * Streams of one's own, each with the way in which it treats those that fall behind. A namespace is served at `/subscribe/<name>` and in
 * `/subscribe?stream=<name>`; there its frames carry `event:<name>`, unless a message has an event name of its own. The abstract class is the injection
 * token as well.
 *
 * Register in a constructor. A name is 1 to 64 of a-z, 0-9, `_` and `-`; there can be 64 of them.
 * Each method throws an AppError that names the namespace: ERR_NAMESPACE_NAME for a malformed name, ERR_NAMESPACE_TAKEN for one that the server or
 * another plug-in has, ERR_NAMESPACE_LIMIT for one too many. It refuses the start.
 */
export abstract class Namespaces {
  abstract increments(name: string): IncrementsNamespace
  abstract latest(name: string): LatestNamespace
  abstract queue(name: string): QueueNamespace
}
