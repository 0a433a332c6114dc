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
    const given = parseEnv(envExample().replace(/^#(?=\w+=)/gm, ''))
    expect(Object.keys(given).toSorted()).toEqual(names.toSorted())

    const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''))
    // A variable that defaults to an empty list has an example there.
    expect(envSchema.parse(set)).toMatchObject({ ...envSchema.parse({}), STREAMER_MODULES: expect.any(Array) })
  })
})
