import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { aJsonSource } from '../../support/clients/json-source.js'
import { PROJECT, runScript } from '../../support/plugins/example.js'
import { aLiveServer } from '../../support/servers/fixtures.js'
import { eventually } from '../../support/waiting/eventually.js'

const PASSED = /Tests +2 passed \(2\)/

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'emojitrack-plugin-new-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A copy of the files that the command needs, so that the checkout stays clean. */
function aCheckout(): string {
  const checkout = join(folder, 'checkout')
  mkdirSync(checkout)
  const skipped = ['dist', 'node_modules']
  for (const name of ['package.json', 'scripts', 'examples/starter'])
    cpSync(join(PROJECT, name), join(checkout, name), { recursive: true, filter: (path) => !skipped.includes(basename(path)) })
  for (const name of skipped) symlinkSync(join(PROJECT, name), join(checkout, name))
  return checkout
}

describe('npm run plugin:new', () => {
  it('makes a plug-in that passes its own tests at once, without the registry', async () => {
    const checkout = aCheckout()
    await runScript(checkout, 'plugin:new', 'demo')

    expect(await runScript(join(checkout, 'examples/demo'), 'test')).toMatch(PASSED)
    const files = filesOf(join(checkout, 'examples/demo'))
    expect([...files.keys()].sort()).toEqual([
      'README.md',
      'package.json',
      'src/demo.spec.ts',
      'src/demo.ts',
      'src/index.ts',
      'tsconfig.json',
      'vitest.config.ts',
    ])
    for (const [name, text] of files) expect([name, /starter/i.test(text)]).toEqual([name, false])
  })

  it('makes one anywhere, and the server loads it', async () => {
    const plugIn = join(folder, 'mine')
    await runScript(PROJECT, 'plugin:new', 'hot-words', plugIn)
    expect(await runScript(plugIn, 'test')).toMatch(PASSED)
    await runScript(plugIn, 'build')

    const { server, feeder } = await aLiveServer({ STREAMER_MODULES: join(plugIn, 'dist/index.js') })
    const source = await aJsonSource(`${server.url}/subscribe/hot-words`, (document) => document)
    await feeder.update('1F602')
    await eventually('the update', () => source.messages.length > 0)
    expect(source.messages).toEqual([{ id: '1F602', updates: 1 }])
    expect(await (await fetch(`${server.url}/metrics`)).text()).toContain('\nhot_words_updates_total 1\n')
  })

  it.each([
    ['Demo', 'is no name for a plug-in'],
    ['../demo', 'is no name for a plug-in'],
    ['2fast', 'is no name for a plug-in'],
    ['eps', 'is taken by the server'],
    ['token', 'is taken by the server'],
    ['event-bus', 'would make a class EventBus'],
  ])('refuses the name %s, and makes nothing', async (name, reason) => {
    const plugIn = join(folder, 'mine')
    await expect(runScript(PROJECT, 'plugin:new', name, plugIn)).rejects.toThrow(reason)
    expect(existsSync(plugIn)).toBe(false)
  })

  it('overwrites nothing', async () => {
    const before = readdirSync(folder)
    await expect(runScript(PROJECT, 'plugin:new', 'demo', folder)).rejects.toThrow('exists: take another name or folder')
    await expect(runScript(PROJECT, 'plugin:new', 'trending')).rejects.toThrow('exists: take another name or folder')
    expect(readdirSync(folder)).toEqual(before)
  })

  it('says how it is used', async () => {
    await expect(runScript(PROJECT, 'plugin:new')).rejects.toThrow('usage: npm run plugin:new NAME [FOLDER]')
  })
})

/** The files under a folder, without the packages: path → text. */
function filesOf(root: string): Map<string, string> {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (name) => !name.startsWith('node_modules') && name.includes('.'),
  )
  return new Map(names.map((name) => [name, readFileSync(join(root, name), 'utf8')]))
}
