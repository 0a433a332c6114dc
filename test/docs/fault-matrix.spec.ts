import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const CASES = 60

interface Row {
  readonly number: number
  readonly name: string
  readonly result: string
  readonly tests: readonly { readonly file: string; readonly title: string }[]
}

const rows = readFileSync(`${ROOT}docs/fault-matrix.md`, 'utf8')
  .split('\n')
  .filter((line) => /^\| \d+ \|/.test(line))
  .map(rowOf)

/** A row: number, case, tests as `file`: “title”, result. */
function rowOf(line: string): Row {
  const [, number, name = '', tests = '', result = ''] = line.split('|').map((cell) => cell.trim())
  return {
    number: Number(number),
    name,
    result,
    tests: [...tests.matchAll(/`([^`]+)`: “([^”]+)”/g)].map(([, file = '', title = '']) => ({ file, title })),
  }
}

it('has each case once, in order', () => {
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: CASES }, (_, index) => index + 1))
  expect(new Set(rows.map(({ name }) => name)).size).toBe(CASES)
})

it('names a test and a result for each case', () => {
  expect(rows.filter(({ tests, result }) => tests.length === 0 || result === '').map(({ number }) => number)).toEqual([])
})

it.each(rows.flatMap(({ number, tests }) => tests.map((test) => ({ number, ...test }))))(
  'case $number: $file has the test “$title”',
  ({ file, title }) => {
    expect(file).toMatch(/\.(e2e-|conformance-)?spec\.ts$/)
    expect(existsSync(ROOT + file)).toBe(true)
    expect(readFileSync(ROOT + file, 'utf8')).toContain(title)
  },
)
