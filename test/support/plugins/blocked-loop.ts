import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { Feeder } from '../redis/feeder.js'
import type { ServerProcess } from '../servers/server-process.js'
import { eventually } from '../waiting/eventually.js'

/** The path of the plug-in with which a test blocks an event loop. */
export const BLOCKING_PLUG_IN = fileURLToPath(new URL('../../fixtures/blocking-plug-in.mjs', import.meta.url))

/**
 * Blocks the event loop of a server with that plug-in, or of one of its workers, and returns when it stands still.
 * @returns a function that releases it; the end of the test does so as well
 */
export async function blockLoop(server: ServerProcess, feeder: Feeder, worker = 0): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'emojitrack-block-'))
  const file = join(folder, 'block')
  writeFileSync(file, '')
  const release = () => rmSync(folder, { recursive: true, force: true })
  onTestFinished(release)
  const blocks = () => server.output.split('"blocked"').length
  const before = blocks()
  await feeder.publish('stream.tweet_updates.BLOCK', `${worker} ${file}`)
  await eventually('the event loop is blocked', () => blocks() > before)
  return release
}
