import { z } from 'zod'
import { talliesSchema } from '../tally.js'
import { latenciesSchema } from './latencies.js'

/** What the process of the clients is asked to do. */
export const clientCommandSchema = z.discriminatedUnion('do', [
  z.object({
    do: z.literal('open'),
    port: z.number(),
    /** Dealt to the clients in turn. */
    paths: z.array(z.string()),
    count: z.number(),
    /** How many to dial a second; null for all at once. */
    perSecond: z.number().nullable(),
    /** So many of them read nothing before `settle`. */
    neverRead: z.number(),
    /** They all pause again and again before `settle`. */
    pauses: z.boolean(),
    /** They come back when their connection is lost. */
    reconnects: z.boolean(),
  }),
  z.object({ do: z.literal('mark') }),
  z.object({ do: z.literal('return') }),
  z.object({ do: z.literal('settle'), expected: talliesSchema }),
])

export type ClientCommand = z.infer<typeof clientCommandSchema>
export type OpenCommand = Extract<ClientCommand, { do: 'open' }>

/** Answer to `open` and `return`: when the first one dialled and the last one opened, on the monotonic clock, and how many are open. */
export const openingSchema = z.object({ startedNs: z.number(), openedNs: z.number(), open: z.number() })

export type Opening = z.infer<typeof openingSchema>

/** Answer to `mark`: what has come since the mark before. `min` and `max` are the fewest and the most events of one client. */
export const windowSchema = z.object({
  events: z.number(),
  min: z.number(),
  max: z.number(),
  /** How many are open now. */
  open: z.number(),
  malformed: z.number(),
  latencies: latenciesSchema,
})

export type ClientWindow = z.infer<typeof windowSchema>

/** Answer to `settle`: how many clients have received exactly what was published, and a line about some of the others. */
export const settlementSchema = z.object({ exact: z.number(), faults: z.array(z.string()) })

export type Settlement = z.infer<typeof settlementSchema>
