import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import ts from 'typescript'
import { expect, it } from 'vitest'

/** The names that a module exports, types included. */
function exportsOf(path: string): string[] {
  const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, '.')
  // Names need no types, and the declarations of the language and of Node take half of the time.
  const program = ts.createProgram([resolve(path)], { ...options, noLib: true, types: [] })
  const source = program.getSourceFile(resolve(path))
  const symbol = source && program.getTypeChecker().getSymbolAtLocation(source)
  if (symbol === undefined) throw new Error(`${path} is no module`)
  return program
    .getTypeChecker()
    .getExportsOfModule(symbol)
    .map(({ name }) => name)
}

/** The names in the first column of the tables of a section. */
function namesIn(page: string, heading: string): string[] {
  const [, section = ''] = readFileSync(page, 'utf8').split(`\n## ${heading}\n`)
  const [tables = ''] = section.split('\n## ')
  const cells = [...tables.matchAll(/^\| ([^|]*`[^|]*) \|/gm)].map(([, cell = '']) => cell)
  return cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name))
}

/** The compiler takes 2 s, and a multiple of that on a busy machine. */
const COMPILE_MS = 30_000

it(
  'docs/plug-ins.md names all that emojitrack-streamer/plugin exports, each once, and nothing else',
  () => {
    expect(namesIn('docs/plug-ins.md', 'What it exports').toSorted()).toEqual(exportsOf('src/plugin.ts').toSorted())
  },
  COMPILE_MS,
)
