import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Logger } from '@nestjs/common'
import { ScheduleModule } from '@nestjs/schedule'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { loadPlugins, warnWhileStarting } from './plugins.js'

const MODULE = 'export default { module: class Sample {} }'

describe('loadPlugins', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'load-plugins-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  function write(path: string, text: string): void {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }

  it('loads nothing where nothing is named', async () => {
    expect(await loadPlugins([], folder)).toEqual([])
  })

  it.each(['./a.mjs', './with space.mjs', './deep/er/../a.mjs'])('takes %j for a path from the folder', async (name) => {
    write(name, MODULE)
    expect(await loadPlugins([name], folder)).toEqual([{ module: expect.any(Function) }])
  })

  it('takes an absolute path', async () => {
    write('a.mjs', MODULE)
    expect(await loadPlugins([join(folder, 'a.mjs')], '/')).toHaveLength(1)
  })

  it.each([
    ['exports for import alone', '{ "exports": { "import": "./main.mjs" } }', 'main.mjs', MODULE],
    ['a default export compiled to CommonJS', '{}', 'index.js', 'exports.__esModule = true; exports.default = { module: class Sample {} }'],
    [
      'a class compiled to CommonJS',
      '{}',
      'index.js',
      'exports.__esModule = true; exports.Sample = { module: class Sample {} }; exports.other = 1',
    ],
    ['names that Node doesn’t see', '{}', 'index.js', 'module.exports = Object.assign({}, { Sample: { module: class Sample {} } })'],
    ['another default export', '{ "type": "module" }', 'index.js', 'export const Sample = { module: class Sample {} }\nexport default 1'],
    ['a main file', '{ "main": "./main.cjs" }', 'main.cjs', 'module.exports = { module: class Sample {} }'],
  ])('loads a package of the folder that has %s', async (_what, manifest, file, text) => {
    write('node_modules/@scope/some-package/package.json', manifest)
    write(`node_modules/@scope/some-package/${file}`, text)
    expect(await loadPlugins(['@scope/some-package'], folder)).toEqual([{ module: expect.any(Function) }])
  })

  it.each([
    ['exports for import alone', '{ "exports": { "./sub": { "import": "./main.mjs" } } }'],
    ['exports for import alone, beside its main entry', '{ "exports": { ".": "./other.mjs", "./sub": { "import": "./main.mjs" } } }'],
  ])('loads a subpath of a package that has %s', async (_what, manifest) => {
    write('node_modules/@scope/some-package/package.json', manifest)
    write('node_modules/@scope/some-package/main.mjs', MODULE)
    expect(await loadPlugins(['@scope/some-package/sub'], folder)).toEqual([{ module: expect.any(Function) }])
  })

  it('finds a package that only the server has', async () => {
    expect(await loadPlugins(['@nestjs/schedule'], folder)).toEqual([ScheduleModule])
  })

  it.each([
    'export const a = { module: class A {} }, b = { module: class B {} }',
    'export default { a: { module: class A {} }, b: { module: class B {} } }',
  ])('refuses to choose between several: %s', async (text) => {
    write('a.mjs', text)
    await expect(loadPlugins(['./a.mjs'], folder)).rejects.toThrow('it exports several Nest modules')
  })

  it('says where a module has thrown, in one line', async () => {
    write('a.mjs', '\nfunction begin() {\n  throw new TypeError("not\\ntoday")\n}\nbegin()')
    await expect(loadPlugins(['./a.mjs'], folder)).rejects.toThrow(/: TypeError: not \(.*\/a\.mjs:3:9\)$/)
  })

  it('says which module is no module', async () => {
    write('a.mjs', 'export default 1')
    await expect(loadPlugins(['./a.mjs'], folder)).rejects.toMatchObject({
      code: 'ERR_PLUG_IN',
      message: expect.stringContaining('./a.mjs'),
    })
  })
})

describe('warnWhileStarting', () => {
  const warn = vi.spyOn(Logger.prototype, 'warn')
  beforeEach(() => {
    vi.useFakeTimers()
    warn.mockReset()
  })
  afterEach(() => void vi.useRealTimers())

  it('names the plug-ins every 10 s for as long as the start lasts, and not where it is short', () => {
    const onStarted = warnWhileStarting(['./slow.js'])
    vi.advanceTimersByTime(9_999)
    expect(warn).not.toHaveBeenCalled()
    vi.advanceTimersByTime(10_001)
    expect(warn.mock.calls).toMatchObject([
      [{ msg: expect.stringMatching(/^still starting/), plugIns: ['./slow.js'], tookMs: 10_000 }],
      [{ plugIns: ['./slow.js'], tookMs: 20_000 }],
    ])
    onStarted()
    vi.advanceTimersByTime(60_000)
    expect(warn).toHaveBeenCalledTimes(2)
  })

  it('says nothing where there are no plug-ins', () => {
    const onStarted = warnWhileStarting([])
    vi.advanceTimersByTime(60_000)
    expect(warn).not.toHaveBeenCalled()
    onStarted()
  })
})
