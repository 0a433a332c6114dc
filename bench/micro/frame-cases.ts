import { encodeChunk, encodeEventName, encodeFrame } from '../../src/common/core/sse-frame.js'
import type { Case } from './measure.js'

const SHORT = Buffer.from('1F602')
const MEDIUM = Buffer.from('x'.repeat(200))
const LINES = Buffer.from(Array.from({ length: 5 }, () => 'x'.repeat(39)).join('\n'))
const CHANNEL = 'stream.tweet_updates.1F602'

export const frameCases: readonly Case[] = [
  { name: 'frame, 5 bytes', run: () => encodeFrame(SHORT).length },
  { name: 'frame, 200 bytes', run: () => encodeFrame(MEDIUM).length },
  { name: 'frame, 200 bytes in 5 lines', run: () => encodeFrame(LINES).length },
  { name: 'frame with its event name, 200 bytes', run: () => encodeFrame(MEDIUM, encodeEventName(CHANNEL)).length },
  { name: 'chunk, 200 bytes', run: () => encodeChunk(MEDIUM).length },
]
