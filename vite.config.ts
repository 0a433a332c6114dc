import { defineConfig, type Plugin } from 'vite'
import { countedEmoji, type EmojiEntry } from './src/common/emoji/emoji.js'

/** Leaves out of unicode-emoji-json what the board doesn't show: three quarters of it. */
const countedEmojiOnly: Plugin = {
  name: 'counted-emoji-only',
  // Before Vite makes a module of the JSON.
  enforce: 'pre',
  transform(json, path) {
    if (!path.endsWith('/unicode-emoji-json/data-by-emoji.json')) return null
    const entries: Record<string, EmojiEntry> = JSON.parse(json)
    const kept = countedEmoji(entries).map(({ char }) => char)
    return { code: JSON.stringify(entries, [...kept, 'name', 'group', 'emoji_version']) }
  },
}

/** Builds a page of web/, which scripts/build-if-needed.mjs names, into its folder in dist/web, from where the server serves it. */
export default defineConfig({
  plugins: [countedEmojiOnly],
  // Relative, so that the pages also work behind a proxy that puts them under another path.
  base: './',
  publicDir: false,
  logLevel: 'warn',
  build: {
    emptyOutDir: true,
    target: 'es2022',
    // Their content security policy allows nothing inline.
    assetsInlineLimit: 0,
    modulePreload: false,
    // The licences of what is bundled go with it.
    license: { fileName: 'licenses.md' },
  },
})
