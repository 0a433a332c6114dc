import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { ServerEnv } from './server-process.js'

const LIBRARIES = '/usr/lib'
/** The place of the Debian package libfaketime below the folder of an architecture. */
const LIBRARY = 'faketime/libfaketime.so.1'

/** The time of day of a server, which a test sets while the server runs (libfaketime). Its monotonic clock goes on as it is. */
export class FakeClock {
  private readonly folder = mkdtempSync(join(tmpdir(), 'emojitrack-clock-'))
  private readonly file = join(this.folder, 'offset')
  /** The variables for the server. */
  readonly env: ServerEnv = {
    LD_PRELOAD: libraryPath(),
    FAKETIME_TIMESTAMP_FILE: this.file,
    FAKETIME_NO_CACHE: '1',
    DONT_FAKE_MONOTONIC: '1',
  }

  constructor() {
    this.shift(0)
    onTestFinished(() => rmSync(this.folder, { recursive: true, force: true }))
  }

  /** Sets the clock so many seconds ahead of the real one, or behind it. */
  shift(seconds: number): void {
    // A rename, because the server reads the file at any moment.
    writeFileSync(`${this.file}.new`, `${seconds < 0 ? '-' : '+'}${Math.abs(seconds)}\n`)
    renameSync(`${this.file}.new`, this.file)
  }
}

function libraryPath(): string {
  const path = readdirSync(LIBRARIES, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.endsWith('-linux-gnu'))
    .map(({ name }) => join(LIBRARIES, name))
    .find((folder) => readdirSync(folder).includes('faketime'))
  if (path === undefined) throw new Error('libfaketime is missing: install the Debian package "faketime"')
  return join(path, LIBRARY)
}
