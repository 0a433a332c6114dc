import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { envGroups, envSchema } from '../../src/common/config/env.schema.js'

const page = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8')
const [, section = ''] = page.split('\n## Bounds\n')
const [table = ''] = section.split('\n## ')

/** The variables in the column of bounds, with the default that the table gives. */
const listed = table
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .flatMap((line) => [...(line.split(' | ')[1] ?? '').matchAll(/`([A-Z_]+)`(?: \(([^)]+)\))?/g)])
  .map(([, name = '', given]) => ({ name, given }))

const schemas: ReadonlyMap<string, (typeof envSchema.shape)[keyof typeof envSchema.shape]> = new Map(Object.entries(envSchema.shape))

/** The constant default of a variable as text, a range as `min-max`; undefined where there is none. */
function defaultOf(name: string): string | undefined {
  const value: unknown = schemas.get(name)?.parse(undefined)
  if (value === undefined) return undefined
  return typeof value === 'object' && value !== null ? Object.values(value).join('-') : String(value)
}

it('the table of bounds names variables of the schema with their defaults', () => {
  expect(listed.length).toBeGreaterThan(12)
  expect(listed).toEqual(listed.map(({ name }) => ({ name, given: defaultOf(name) })))
  expect(listed.filter(({ name }) => !schemas.has(name))).toEqual([])
})

it('the table of bounds has every variable that bounds something', () => {
  const bounds = [...schemas.keys()].filter((name) => /^MAX_|_BYTES$|_STALL_MS$|_TIMEOUT_|^KEEPALIVE_MS$/.test(name))
  const expected = [...bounds, ...Object.keys(envGroups.Limits), ...Object.keys(envGroups['The score log'])]
  expect([...new Set(expected)].filter((name) => !listed.some((each) => each.name === name))).toEqual([])
})

it('each bound of the table has an outcome and a reason', () => {
  const rows = table.split('\n').filter((line) => line.startsWith('| '))
  const cells = (row: string) => row.slice(2, -2).split(' | ')
  expect(rows.filter((row) => cells(row).length !== 4 || cells(row).some((cell) => cell.trim() === ''))).toEqual([])
})
