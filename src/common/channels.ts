/** The Redis channels that the feeder publishes on. */
export const SCORE_UPDATES = 'stream.score_updates'
const TWEET_UPDATES = 'stream.tweet_updates.'
const INTERACTION = 'stream.interaction.'

export const TWEET_UPDATES_PATTERN = `${TWEET_UPDATES}*`
export const INTERACTION_PATTERN = `${INTERACTION}*`

/** The detail channel of an id; also the event name of its frames. */
export const detailChannel = (id: string): string => TWEET_UPDATES + id

/** The bytes of the id in a detail channel: all that follows the prefix, dots included. */
export const detailIdBytes = (channel: Uint8Array): Uint8Array => channel.subarray(TWEET_UPDATES.length)
