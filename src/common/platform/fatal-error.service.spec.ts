import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { afterAll, beforeAll, expect, it } from 'vitest'

const source = (path: string) => JSON.stringify(fileURLToPath(new URL(path, import.meta.url)))

/** A program with a timer that would keep it alive, whose task fails a turn later. */
const PROGRAM = `
import { Logger } from '@nestjs/common'
import { parseConfig } from ${source('../config/parse-config.ts')}
import { FatalErrorService } from ${source('./fatal-error.service.ts')}
import { createLogger, NestLogger } from ${source('./logger.ts')}

const config = parseConfig({ LOG_PRETTY: 'false' }, { hostname: 'box', cores: 1, worker: null, readText: () => undefined })
Logger.overrideLogger(new NestLogger(createLogger(config)))
setInterval(() => undefined, 1000)
process.on('exit', (code) => console.error('exit', code))
setImmediate(() => {
  new FatalErrorService().end('eps', new TypeError('it broke'))
  console.error('went on')
})
`

let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fatal-error-'))
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'program.ts'), PROGRAM)
  await build({
    configFile: false,
    root: folder,
    logLevel: 'silent',
    build: { ssr: 'program.ts', outDir: 'out', rolldownOptions: { output: { entryFileNames: 'program.mjs' } } },
  })
}, 60_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('a fatal error ends the process at once with exit code 70, after a line that names the task and has the stack', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'out', 'program.mjs')], {
    encoding: 'utf8',
    timeout: 30_000,
  })
  expect([status, stderr]).toEqual([70, 'exit 70\n'])
  const lines = stdout.trimEnd().split('\n')
  expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
    expect.objectContaining({
      level: 60,
      context: 'Process',
      msg: 'internal error, the process exits',
      task: 'eps',
      err: expect.objectContaining({ type: 'TypeError', message: 'it broke', stack: expect.stringContaining('at ') }),
    }),
  ])
}, 60_000)
