import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { UNIT_FILE } from '../../support/deploy/systemd-unit.js'

const run = promisify(execFile)
const hasAnalyze = spawnSync('systemd-analyze', ['--version']).status === 0
/** systemd's own scale goes from 0 to 100; a unit without any hardening has 96. */
const MAX_EXPOSURE = 20

describe('the systemd unit', () => {
  let folder: string
  let unit: string

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'emojitrack-unit-'))
    unit = join(folder, basename(UNIT_FILE))
    // Node may be elsewhere here.
    writeFileSync(unit, readFileSync(UNIT_FILE, 'utf8').replace('/usr/bin/node', process.execPath))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it.runIf(hasAnalyze)('is valid, and names nothing that systemd does not know', async () => {
    const { stderr } = await run('systemd-analyze', ['verify', unit])
    // systemd-analyze loads other units of the machine as well, and complains of them.
    expect(stderr.split('\n').filter((line) => line.includes(basename(unit)))).toEqual([])
  })

  it.runIf(hasAnalyze)('leaves the server few rights', async () => {
    await run('systemd-analyze', ['security', '--offline=yes', '--no-pager', `--threshold=${MAX_EXPOSURE}`, unit])
  })
})
