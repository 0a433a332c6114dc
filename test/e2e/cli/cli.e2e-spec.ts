import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { aCli, runCli } from '../../support/servers/cli.js'
import { freePort } from '../../support/servers/free-port.js'
import { eventually } from '../../support/waiting/eventually.js'

const MANIFEST: { version: string; bin: Record<string, string> } = JSON.parse(
  readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
)

describe('the command line', () => {
  it.each([
    [['--help'], 'Commands:'],
    [['serve', '--help'], 'PORT=9000'],
    [['feed', '--help'], '--rate <n>'],
    [['tail', '--help'], '--stream <namespace>'],
    [['help', 'feed'], '--seed <n>'],
  ])('%j explains itself, with examples, in lines that fit', async (args, text) => {
    const { code, printed, errors } = await runCli(args)
    expect({ code, errors }).toEqual({ code: 0, errors: '' })
    expect(printed).toContain(text)
    expect(printed).toContain('Examples:')
    for (const line of printed.split('\n')) expect(line.length).toBeLessThanOrEqual(84)
  })

  it('is what the package installs, and knows its version', async () => {
    expect(MANIFEST.bin).toEqual({ 'emojitrack-streamer': 'dist/cli.js' })
    expect(readFileSync(new URL('../../../dist/cli.js', import.meta.url), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
    expect((await runCli(['--version'])).printed).toBe(`${MANIFEST.version}\n`)
  })

  it.each([
    [['feed', '--rat', '4'], "unknown option '--rat'", '(Did you mean --rate?)', 'feed --help'],
    [['feed', '--rate', 'fast'], "argument 'fast' is invalid", 'a number from', 'feed --help'],
    [['feed', '--count', '1.5'], "argument '1.5' is invalid", 'a whole number from', 'feed --help'],
    [['tail', '--server', 'localhost:8001'], "argument 'localhost:8001' is invalid", 'http://localhost:8001', 'tail --help'],
    [['tail', '--stream', 'details//x'], "argument 'details//x' is invalid", 'details/2665', 'tail --help'],
    [['tial'], "unknown command 'tial'", '(Did you mean tail?)', '--help'],
    [['serve', 'fast'], 'too many arguments', 'serve', 'serve --help'],
  ])('%j is an error with a hint', async (args, ...texts) => {
    const { code, printed, errors } = await runCli(args)
    expect({ code, printed }).toEqual({ code: 1, printed: '' })
    for (const text of texts) expect(errors).toContain(text)
  })
})

describe('serve', () => {
  it.each(['1', '2'])('runs the server, with %s workers, until a signal stops it', async (WORKERS) => {
    const port = await freePort()
    const child = await aCli(['serve'], { PORT: String(port), HOST: '127.0.0.1', WORKERS })
    await eventually('it is live', async () => (await fetch(`http://127.0.0.1:${port}/health/live`)).ok, 20_000)
    child.signal('SIGTERM')
    expect(await child.exited).toEqual({ code: 0, signal: null })
  })

  it('writes lines of JSON to standard output where that is no terminal, and its hint for people beside', async () => {
    const port = await freePort()
    const child = await aCli(['serve'], { PORT: String(port), HOST: '127.0.0.1' })
    await eventually('the hint', () => child.errors.includes(`demo feed. Watch it at http://127.0.0.1:${port}/`), 20_000)
    child.signal('SIGTERM')
    await child.exited
    const messages = child.printed
      .split('\n')
      .slice(0, -1)
      .map((line) => z.object({ msg: z.string() }).parse(JSON.parse(line)).msg)
    expect(messages).toEqual(expect.arrayContaining(['listening', 'stopped']))
  })

  it('says in one line what is wrong with the configuration', async () => {
    const { code, errors } = await runCli(['serve'], { PORT: 'eighty' })
    expect(code).toBe(1)
    expect(errors).toMatch(/^emojitrack-streamer: invalid configuration: PORT .*\n$/)
  })
})
