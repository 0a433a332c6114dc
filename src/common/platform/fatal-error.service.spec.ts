import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { ModuleKind, ScriptTarget, transpile } from 'typescript'
import { afterAll, beforeAll, expect, it } from 'vitest'

const SOURCES = ['platform/fatal-error.service', 'logging/logger', 'logging/log-destination', 'stats/counters', 'stats/reasons']

/** A program with a timer that would keep it alive, whose task fails a turn later. */
const PROGRAM = `
import { Logger } from '@nestjs/common'
import { FatalErrorService } from './platform/fatal-error.service.js'
import { openLog, NestLogger } from './logging/logger.js'

const config = { logLevel: 'info', logPretty: false, isProtected: false, nodeName: 'one', workers: 1 }
Logger.overrideLogger(new NestLogger(openLog(config)))
setInterval(() => undefined, 1000)
process.on('exit', (code) => console.error('exit', code))
setImmediate(() => {
  new FatalErrorService().end('eps', new TypeError('it broke'))
  console.error('went on')
})
`

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fatal-error-'))
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  writeFileSync(join(folder, 'program.js'), PROGRAM)
  for (const name of SOURCES) {
    const source = readFileSync(new URL(`../${name}.ts`, import.meta.url), 'utf8')
    const options = { module: ModuleKind.ESNext, target: ScriptTarget.ES2022, experimentalDecorators: true, verbatimModuleSyntax: true }
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, `${name}.js`), transpile(source, options))
  }
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('a fatal error ends the process at once with exit code 70, after a line that names the task and has the stack', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'program.js')], {
    encoding: 'utf8',
    timeout: 30_000,
  })
  expect([status, stderr]).toEqual([70, 'exit 70\n'])
  const lines = stdout.trimEnd().split('\n')
  expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
    expect.objectContaining({
      level: 60,
      node: 'one',
      context: 'Process',
      msg: 'internal error, the process exits',
      task: 'eps',
      err: expect.objectContaining({ type: 'TypeError', message: 'it broke', stack: expect.stringContaining('at ') }),
    }),
  ])
}, 60_000)
