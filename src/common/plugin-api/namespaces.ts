/** True for a valid name of a plug-in's namespace or health check: a segment of a path that needs no escapes anywhere. */
export const isPluginName = (name: string): boolean => /^[a-z0-9_-]{1,64}$/.test(name)

export const PLUGIN_NAME_RULE = 'a name is 1 to 64 of the characters a-z, 0-9, _ and -'

/** The largest count of one `add`: 2^32 - 1. */
export const MAX_INCREMENT = 4_294_967_295

/** A namespace of increments that add up, like those of eps. */
export interface IncrementsNamespace {
  /**
   * Adds to an id. The increments of one flush period (17 ms) are sent in one frame, `data:{"<id>":<n>,…}`. A subscriber that lags gets one
   * sum when it has caught up, so that the sum of its frames always equals the increments since it subscribed.
   * An id is 1 to 128 bytes of UTF-8 without control characters; any other is discarded and counted. One flush takes 2048 new ids, or
   * MAX_IDS if that is lower; further ones wait for the next flushes, up to 65536 increments.
   * @param count whole, 1 to MAX_INCREMENT; default 1
   * @throws RangeError for any other count
   */
  add(id: string | Uint8Array, count?: number): void
}

/** A namespace of one value, of which only the newest matters. */
export interface LatestNamespace {
  /**
   * Sets the present value. A new subscriber gets it at once, the others at the next flush (at most one value in 17 ms); a subscriber that
   * lags gets only the newest. A value over QUEUE_MAX_BYTES is discarded and counted, and the previous one stays.
   */
  publish(data: string | Uint8Array): void
}

/** A namespace of messages, each of which every subscriber gets. */
export interface QueueNamespace {
  /**
   * Sends a message to every subscriber. A subscriber that lags gets it later; one that lags by more than QUEUE_MAX_BYTES or QUEUE_STALL_MS
   * is closed as slow.
   * A message over QUEUE_MAX_BYTES is discarded and counted.
   * @param eventName default: none; on a multiplexed stream the namespace
   * @throws RangeError if the event name holds a line break
   */
  publish(data: string | Uint8Array, eventName?: string): void
}

/**
 * The streams of plug-ins. The method determines how a namespace treats subscribers that lag. It is served at `/subscribe/<name>` and in
 * `/subscribe?stream=<name>`; there its frames carry `event:<name>`, unless a message has an event name of its own. The abstract class is
 * also the injection token.
 *
 * Register in a constructor. A name is 1 to 64 of the characters a-z, 0-9, `_` and `-`; there can be 64 names.
 * Each method throws an AppError that names the namespace: ERR_NAMESPACE_NAME for a malformed name, ERR_NAMESPACE_TAKEN for a name of the
 * server or of another plug-in, ERR_NAMESPACE_LIMIT for a 65th one. The error prevents the start.
 */
export abstract class Namespaces {
  abstract increments(name: string): IncrementsNamespace
  abstract latest(name: string): LatestNamespace
  abstract queue(name: string): QueueNamespace
}
