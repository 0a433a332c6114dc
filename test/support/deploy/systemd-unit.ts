import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const UNIT_FILE = fileURLToPath(new URL('../../../deploy/systemd/emojitrack-streamer.service', import.meta.url))

/** The settings of our systemd unit: name → the last value given to it. */
export function readUnit(): ReadonlyMap<string, string> {
  const lines = readFileSync(UNIT_FILE, 'utf8').split('\n')
  return new Map(
    lines.filter((line) => /^\w+=/.test(line)).map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
}
