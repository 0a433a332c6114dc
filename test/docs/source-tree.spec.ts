import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const SRC = fileURLToPath(new URL('../../src/', import.meta.url))
const MAX_FILES = 190
const MAX_FILES_PER_FOLDER = 10
const MAX_LINES = 200
const MAX_COLUMNS = 140

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .sort()
const sources = files.filter((path) => !path.endsWith('.spec.ts'))

const linesOf = (path: string): string[] => readFileSync(join(SRC, path), 'utf8').replace(/\n$/, '').split('\n')

it(`no folder of src holds more than ${MAX_FILES_PER_FOLDER} source files`, () => {
  const counts = new Map<string, number>()
  for (const path of sources) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1)
  expect([...counts].filter(([, count]) => count > MAX_FILES_PER_FOLDER)).toEqual([])
})

it(`src holds at most ${MAX_FILES} source files`, () => {
  expect(sources.length).toBeLessThanOrEqual(MAX_FILES)
})

it(`no source file has more than ${MAX_LINES} lines`, () => {
  expect(sources.map((path) => [path, linesOf(path).length] as const).filter(([, lines]) => lines > MAX_LINES)).toEqual([])
})

it(`no line of src has more than ${MAX_COLUMNS} characters`, () => {
  const long = files.flatMap((path) =>
    linesOf(path).flatMap((line, index) => ([...line].length > MAX_COLUMNS ? [`${path}:${index + 1}`] : [])),
  )
  expect(long).toEqual([])
})
