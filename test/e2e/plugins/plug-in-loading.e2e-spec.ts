import { describe, expect, it } from 'vitest'
import { SAMPLE_PLUG_IN } from '../../support/plugins/sample-plug-in.js'
import { aServer } from '../../support/servers/fixtures.js'
import { statusOf } from '../../support/servers/probes.js'
import { logLines } from '../../support/servers/server-log.js'
import { ServerProcess } from '../../support/servers/server-process.js'

/** A plug-in that needs no package: it says on standard output that it has begun. */
const hello = (text: string, exported = 'export default') => `
class Hello {
  line = JSON.stringify({ level: 30, msg: ${JSON.stringify(text)}, setting: process.env.SETTING })
  onModuleInit() { process.stdout.write(this.line + '\\n') }
}
${exported} { module: Hello }
`
const packageOf = (main: string) => JSON.stringify({ name: 'some-package', type: 'module', exports: { '.': { import: main } } })

describe('STREAMER_MODULES', () => {
  it('loads files of the working folder and packages of its node_modules, in order, also from a .env', async () => {
    const server = await aServer(
      {},
      {
        '.env': 'STREAMER_MODULES= ./a.js , some-package,\nSETTING=of mine\n',
        'a.js': hello('a file'),
        'package.json': '{ "type": "module" }',
        'node_modules/some-package/package.json': packageOf('./main.js'),
        'node_modules/some-package/main.js': hello('a package'),
      },
    )
    const lines = logLines(server).filter(({ msg }) => msg === 'a file' || msg === 'a package')
    expect(lines).toEqual(['a file', 'a package'].map((msg) => ({ level: 30, msg, setting: 'of mine' })))
  })

  it.each([
    ['the only module that it exports', hello('it runs', 'export const plugIn =')],
    ['its default export', hello('it runs') + hello('no', 'export const other =').replaceAll('Hello', 'Other')],
  ])('takes of a file %s', async (_what, contents) => {
    const server = await aServer({ STREAMER_MODULES: './my file #1 50%.mjs' }, { 'my file #1 50%.mjs': contents })
    expect(logLines(server).map(({ msg }) => msg)).toContain('it runs')
  })

  it.each([
    ['./nowhere.mjs', {}, /Error: Cannot find module .*nowhere\.mjs/],
    ['no-such-package', {}, /Error: Cannot find package 'no-such-package' imported from/],
    ['./broken.mjs', { 'broken.mjs': 'export default {' }, /SyntaxError: /],
    ['./throws.mjs', { 'throws.mjs': 'throw new TypeError("not today")' }, /TypeError: not today/],
    ['./lacks.mjs', { 'lacks.mjs': 'import "no-such-dependency"' }, /Cannot find package 'no-such-dependency'/],
    ['./nothing.mjs', { 'nothing.mjs': 'export const a = 1' }, /it exports no Nest module/],
    ['./plain.mjs', { 'plain.mjs': 'export default class Plain {}' }, /it exports no Nest module/],
    [
      './both.mjs',
      { 'both.mjs': 'class A {}\nexport const a = { module: A }\nexport const b = { module: A }' },
      /it exports several Nest modules/,
    ],
  ])('refuses to start with %s, and says why', async (name, files, reason) => {
    const { code, errors } = await ServerProcess.run({ STREAMER_MODULES: name }, files)
    expect(code).toBe(1)
    expect(errors).toMatch(reason)
    expect(errors).toMatch(new RegExp(`^emojitrack-streamer: STREAMER_MODULES: ${name} can't be loaded: `))
    expect(errors.trim().split('\n')).toHaveLength(1)
  })

  it.each([
    ['a namespace that another plug-in has', 'votes', 'taken by another plug-in'],
    ['a namespace of the server', 'eps', 'taken by the server'],
  ])('refuses to start with %s', async (_what, name, reason) => {
    const clash = `
      import { Namespaces } from ${JSON.stringify(new URL('../../../dist/plugin.js', import.meta.url).href)}
      class Clash {}
      const clash = { provide: 'clash', inject: [Namespaces], useFactory: (namespaces) => namespaces.queue('${name}') }
      export default { module: Clash, providers: [clash] }`
    const { code, errors } = await ServerProcess.run({ STREAMER_MODULES: `${SAMPLE_PLUG_IN},./clash.mjs` }, { 'clash.mjs': clash })
    expect(code).toBe(1)
    expect(errors).toBe(`emojitrack-streamer: the namespace ${name} is ${reason}: choose another name\n`)
  })

  it('ends the primary as well where no worker can load a plug-in', async () => {
    const { code, errors } = await ServerProcess.run({ STREAMER_MODULES: './nowhere.mjs', WORKERS: '2' })
    expect(code).toBe(1)
    expect(errors).toMatch(/STREAMER_MODULES: \.\/nowhere\.mjs can't be loaded/)
  })

  it('leaves everything as it is where it is empty', async () => {
    const server = await aServer({ STREAMER_MODULES: '' })
    expect(await statusOf(server, '/subscribe/votes')).toBe(404)
  })
})
