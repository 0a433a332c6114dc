import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { z } from 'zod'
import { countedEmoji, type Emoji } from './emoji.js'

const entries = z.record(z.string(), z.object({ name: z.string(), group: z.string(), emoji_version: z.string() }))

/**
 * Reads the 858 counted emoji from the package unicode-emoji-json, in the order of the keyboard. Call it once, where the list is needed:
 * the file has 380 KB, all of which an import would keep in memory.
 */
export function loadEmoji(): readonly Emoji[] {
  const path = createRequire(import.meta.url).resolve('unicode-emoji-json/data-by-emoji.json')
  return countedEmoji(entries.parse(JSON.parse(readFileSync(path, 'utf8'))))
}
