import { fileURLToPath } from 'node:url'

/** The path of the plug-in of test/fixtures: `votes` (2 for each update), `newest` (the last id) and `messages` (every detail). */
export const SAMPLE_PLUG_IN = fileURLToPath(new URL('../../fixtures/sample-plug-in.mjs', import.meta.url))
