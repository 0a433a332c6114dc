import { z } from 'zod'
import { talliesSchema, tallySchema } from '../tally.js'

/** The messages of a feed and their rate. */
export const feedSchema = z.object({
  /**
   * - `scores`: an update is an id on stream.score_updates.
   * - `details`: an update is a post on stream.tweet_updates.<id>.
   * - `both`: an update is an id and a post.
   */
  kind: z.enum(['scores', 'details', 'both']),
  perSecond: z.number(),
  /**
   * - `emoji`: 850 ids by their weight.
   * - `long`: few ids, each near the greatest length that the server accepts.
   * - `one`: a single id.
   */
  ids: z.enum(['emoji', 'long', 'one']),
  /** The length of the text in a post. */
  postLength: z.number(),
  /** The number of ids that come once, before everything else, at full speed. Each id after them carries its second. */
  junk: z.number(),
  /** Each update of a score also raises it in Redis, in one step, so that positions are shared. Such updates have no stamps. */
  isScored: z.boolean(),
})

export type Feed = z.infer<typeof feedSchema>

export const feedCommandSchema = z.discriminatedUnion('do', [
  z.object({ do: z.literal('start'), redisPort: z.number(), feed: feedSchema }),
  z.object({ do: z.literal('mark') }),
  z.object({ do: z.literal('stop') }),
])

/** Answer to `mark`: the number of updates so far. */
export const progressSchema = z.object({ published: z.number() })

/** Answer to `stop`. */
export const publishedSchema = z.object({
  /** The sums of a client that has listened all the time, by the path of its stream. */
  tallies: talliesSchema,
  /** The sums of each second after the junk; none in a feed without junk. */
  seconds: z.array(tallySchema),
  /** The number of messages that had no receiver. */
  unheard: z.number(),
})

export type Published = z.infer<typeof publishedSchema>
