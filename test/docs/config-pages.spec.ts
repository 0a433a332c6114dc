import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { describe, expect, it } from 'vitest'
import { envGroups, envSchema } from '../../src/common/config/env.schema.js'
import { configurationPage, envExample } from './config-pages.js'

const names = Object.keys(envSchema.shape)

describe('docs/configuration.md', () => {
  it('is what `npm run docs:config` makes from the schema', async () => {
    await expect(configurationPage()).toMatchFileSnapshot('../../docs/configuration.md')
  })

  it('has every variable of the schema once, with what it means', () => {
    const rows = configurationPage().matchAll(/^\| `(\w+)` \| [^|]+ \| [^|]+ \| [^|]{10,} \|$/gm)
    expect([...rows].map(([, name]) => name)).toEqual(Object.values(envGroups).flatMap(Object.keys))
    expect(names.toSorted()).toEqual(Object.values(envGroups).flatMap(Object.keys).toSorted())
  })
})

describe('.env.example', () => {
  it('is what `npm run docs:config` makes from the schema', async () => {
    await expect(envExample()).toMatchFileSnapshot('../../.env.example')
  })

  it('names every variable, with its default or a value that the schema takes', () => {
    const uncommented = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8').replace(/^#(?=\w+=)/gm, '')
    const given = parseEnv(uncommented)
    expect(Object.keys(given).toSorted()).toEqual(names.toSorted())

    const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''))
    expect(envSchema.parse(set)).toMatchObject(envSchema.parse({}))
  })
})
