import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const FOLDERS = ['src', 'test', 'web']
/** The files of the example of a new module. */
const EXAMPLE_FILES = ['clock.service.ts', 'clock.module.ts']
const FILE_NAME = /[\w.-]+\.ts\b/g

const page = readFileSync(`${ROOT}docs/architecture.md`, 'utf8')

/** The entries of the numbered list under a heading. */
const listUnder = (heading: string): string[] => {
  const [, section = ''] = page.split(`\n## ${heading}\n`)
  return (section.split('\n## ')[0] ?? '').split('\n').filter((line) => /^\d+\. /.test(line))
}

it('every file that the page names exists', () => {
  const known = new Set(
    FOLDERS.flatMap((folder) => readdirSync(ROOT + folder, { recursive: true, encoding: 'utf8' }).map((path) => basename(path))),
  )
  const named = new Set(page.match(FILE_NAME))
  expect(named.size).toBeGreaterThan(50)
  expect([...named].filter((name) => !known.has(name) && !EXAMPLE_FILES.includes(name))).toEqual([])
})

it('every path that the page names exists', () => {
  const paths = [...page.matchAll(/`((?:src|web)\/[\w/.-]+)`/g)].map(([, path = '']) => path)
  const known = new Set(
    FOLDERS.flatMap((folder) => readdirSync(ROOT + folder, { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`)),
  )
  expect(paths.filter((path) => !known.has(path.replace(/\/$/, '')) && !FOLDERS.includes(path.replace(/\/$/, '')))).toEqual([])
})

describe.each([
  ['From Redis to the socket', 15],
  ['From a request to a stream', 20],
])('%s', (heading, most) => {
  it(`passes through at most ${most} files, numbered in reading order, each once`, () => {
    const entries = listUnder(heading)
    expect(entries.length).toBeGreaterThan(10)
    expect(entries.length).toBeLessThanOrEqual(most)
    expect(entries.map((entry) => Number.parseInt(entry, 10))).toEqual(entries.map((_, index) => index + 1))
    const files = entries.map((entry) => /^\d+\. `([\w.-]+\.ts)`/.exec(entry)?.[1])
    expect(new Set(files).size).toBe(entries.length)
    expect(files).not.toContain(undefined)
  })
})
