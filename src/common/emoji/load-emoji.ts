import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { z } from 'zod'
import { countedEmoji, type Emoji } from './emoji.js'

const entries = z.record(z.string(), z.object({ name: z.string(), group: z.string(), emoji_version: z.string() }))

/**
 * Reads the 858 emoji that are counted from the package unicode-emoji-json, in the order of the keyboard. Its file has 380 KB, so ask once, and
 * only where the list is needed; an import would keep the whole of it for good.
 */
export function loadEmoji(): readonly Emoji[] {
  const path = createRequire(import.meta.url).resolve('unicode-emoji-json/data-by-emoji.json')
  return countedEmoji(entries.parse(JSON.parse(readFileSync(path, 'utf8'))))
}
