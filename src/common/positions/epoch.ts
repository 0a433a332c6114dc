import { randomInt } from 'node:crypto'

const LENGTH = 12
const RADIX = 36

/** A new name of an epoch: 12 random characters of `[0-9a-z]`, 62 bits. */
export const newEpoch = (): string => Array.from({ length: LENGTH }, () => randomInt(RADIX).toString(RADIX)).join('')
