import { z } from 'zod'
import { talliesSchema } from '../tally.js'

/** What is published, and how fast. */
export const feedSchema = z.object({
  /** `scores`: ids on stream.score_updates. `details`: posts on stream.tweet_updates.<id>. */
  kind: z.enum(['scores', 'details']),
  perSecond: z.number(),
  /** `emoji`: 850 ids by their weight. `long`: few ids, each near the longest that the server takes. */
  ids: z.enum(['emoji', 'long']),
})

export type Feed = z.infer<typeof feedSchema>

export const feedCommandSchema = z.discriminatedUnion('do', [
  z.object({ do: z.literal('start'), redisPort: z.number(), feed: feedSchema }),
  z.object({ do: z.literal('mark') }),
  z.object({ do: z.literal('stop') }),
])

/** Answer to `mark`: how many updates were published so far. */
export const progressSchema = z.object({ published: z.number() })

/** Answer to `stop`. */
export const publishedSchema = z.object({
  /** What everybody should have received who listened all the time, by the path of the stream. */
  tallies: talliesSchema,
  /** How many messages Redis had nobody to give to. */
  unheard: z.number(),
})

export type Published = z.infer<typeof publishedSchema>
