import { z } from 'zod'
import { publishedSchema } from '../feed/commands.js'
import { latenciesSchema } from './reading/latencies.js'

/** The commands of the runner to a process of clients. */
export const clientCommandSchema = z.discriminatedUnion('do', [
  z.object({
    do: z.literal('open'),
    port: z.number(),
    /** One for each client. */
    paths: z.array(z.string()),
    /** The number of clients to dial a second; null for all at once. */
    perSecond: z.number().nullable(),
    /** The number of clients, the first ones, that read nothing before `settle`. */
    neverRead: z.number(),
    /** All clients pause again and again before `settle`. */
    pauses: z.boolean(),
    /** The clients have the smallest receive buffer. */
    isNarrow: z.boolean(),
    /** A client that has lost its connection dials again. */
    reconnects: z.boolean(),
    /** The clients read their streams, and count nothing. */
    discards: z.boolean(),
    /** The number of clients a second, one after the other, that hang up. */
    hangUpsPerSecond: z.number(),
  }),
  z.object({ do: z.literal('begin') }),
  z.object({ do: z.literal('mark') }),
  z.object({ do: z.literal('return') }),
  z.object({ do: z.literal('settle'), published: publishedSchema }),
])

export type ClientCommand = z.infer<typeof clientCommandSchema>
export type OpenCommand = Extract<ClientCommand, { do: 'open' }>

/** Answer to `begin`, which makes the sums of all clients begin anew: the number of clients that are open. */
export const begunSchema = z.object({ open: z.number() })

export type Begun = z.infer<typeof begunSchema>

/** Answer to `open` and `return`: the times of the first dial and the last opening (monotonic clock), and the number of open clients. */
export const openingSchema = z.object({ startedNs: z.number(), openedNs: z.number(), open: z.number() })

export type Opening = z.infer<typeof openingSchema>

/** Answer to `mark`: the events since the mark before. `min` and `max` are the fewest and the most events of one client. */
export const windowSchema = z.object({
  events: z.number(),
  min: z.number(),
  max: z.number(),
  /** The longest time in which one client received no event. */
  gapNs: z.number(),
  /** The number of open clients at this time. */
  open: z.number(),
  malformed: z.number(),
  latencies: latenciesSchema,
})

export type ClientWindow = z.infer<typeof windowSchema>

/** Answer to `settle`. */
export const settlementSchema = z.object({
  /** The number of clients that have received exactly the published updates. After `begin`, clients that were lost since do not count. */
  exact: z.number(),
  /** A line for each of some of the others. */
  faults: z.array(z.string()),
  /** For each second after the junk: are the sums of all clients exact, and the most updates of that second that one client misses. */
  seconds: z.array(z.object({ isExact: z.boolean(), missed: z.number() })),
})

export type Settlement = z.infer<typeof settlementSchema>
