import { z } from 'zod'

/** The counts of ids: the sum of their increments, and a checksum over ids and increments, which differs where the sum of any id does. */
export const tallySchema = z.object({ sum: z.number(), checksum: z.number() })

export type Tally = z.infer<typeof tallySchema>

export const EMPTY_TALLY: Tally = { sum: 0, checksum: 0 }

/** Path of a stream → the counts of its ids. */
export const talliesSchema = z.record(z.string(), tallySchema)

export type Tallies = z.infer<typeof talliesSchema>

/** FNV-1a, byte by byte, so that a reader needs no string. */
export const HASH_START = 0x811c9dc5 | 0

export const hashStep = (hash: number, byte: number): number => Math.imul(hash ^ byte, 0x01000193)

export function hashOf(text: string): number {
  let hash = HASH_START
  for (let index = 0; index < text.length; index++) hash = hashStep(hash, text.charCodeAt(index))
  return hash
}

/** Adds increments. Order and portions make no difference to the result. */
export const plus = (tally: Tally, hash: number, increments: number): Tally => ({
  sum: tally.sum + increments,
  checksum: addToChecksum(tally.checksum, hash, increments),
})

export const addToChecksum = (checksum: number, hash: number, increments: number): number => (checksum + Math.imul(hash, increments)) | 0
