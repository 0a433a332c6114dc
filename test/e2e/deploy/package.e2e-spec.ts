import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { InstalledPackage } from '../../support/deploy/installed-package.js'
import { exampleBuiltIn } from '../../support/plugins/example.js'
import { Child } from '../../support/servers/child.js'
import { freePort } from '../../support/servers/free-port.js'

const INSTALL_MS = 300_000
const START_MS = 20_000
const MAX_TARBALL_BYTES = 600_000
const EXAMPLES = ['starter', 'totals', 'trending', 'webhook-ingest']
const WEBHOOK_TOKEN = 'a-token-for-the-tests'

let installed: InstalledPackage

beforeAll(async () => {
  const examples = mkdtempSync(join(tmpdir(), 'emojitrack-examples-'))
  try {
    installed = await InstalledPackage.make(await Promise.all(EXAMPLES.map((name) => exampleBuiltIn(examples, name))))
  } finally {
    rmSync(examples, { recursive: true })
  }
}, INSTALL_MS)

afterAll(() => installed?.remove())

/** The server of the installed package, started by its bin. */
async function aServerOf(env: Readonly<Record<string, string>>): Promise<string> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const given = { PATH: process.env['PATH'], HOST: '127.0.0.1', PORT: String(port), ...env }
  const server = await Child.spawn('env', ['--chdir', installed.folder, 'node_modules/.bin/emojitrack-streamer', 'serve'], given)
  onTestFinished(async () => void (await server.kill()))
  await server.untilReady('it is ready', async () => (await fetch(`${url}/health/ready`)).ok, START_MS)
  return url
}

/** The data of the first frame of a stream that matches. */
async function frameOf(url: string, pattern = /./): Promise<string> {
  const { body } = await fetch(url)
  let text = ''
  for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk
    const frames = [...text.matchAll(/^data:(.*)\n\n/gm)].map(([, data = '']) => data)
    const found = frames.find((data) => pattern.test(data))
    if (found !== undefined) return found
  }
  throw new Error(`${url} has ended: ${text}`)
}

describe('the packed package', () => {
  it('holds the program, its pages, its entries and its documentation, and nothing else', () => {
    const allowed = [
      /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|SECURITY\.md|\.env\.example)$/,
      /^deploy\/[a-z]+\/[\w.-]+$/,
      /^docs\/.+\.md$/,
      /^dist\/(?!web\/).+\.(js|js\.map)$/,
      // The exports of the entries, and nothing internal.
      /^dist\/([a-z.-]+|(common|client)\/.+)\.d\.ts$/,
      /^dist\/web\/[a-z]+\/(index\.html|licenses\.md|assets\/[\w.-]+)$/,
    ]
    const files = installed.files()
    expect(files.filter((name) => !allowed.some((pattern) => pattern.test(name)))).toEqual([])
    expect(files.filter((name) => /\.(spec|test)\.|(^|\/)(test|bench|src)\//.test(name))).toEqual([])
    expect(files).toEqual(
      expect.arrayContaining([
        'dist/main.js',
        'dist/web/admin/index.html',
        'docs/README.md',
        '.env.example',
        'deploy/prometheus/alerts.yml',
      ]),
    )
    expect(installed.tarballBytes).toBeLessThan(MAX_TARBALL_BYTES)
  })

  it('has every file that package.json names', () => {
    const { bin, exports } = JSON.parse(installed.read('package.json'))
    const named = [bin, exports].flatMap(pathsIn).map((path) => path.replace(/^\.\//, ''))
    expect(named).toEqual(
      expect.arrayContaining(['dist/cli.js', 'dist/plugin.d.ts', 'dist/plugin.js', 'dist/client/index.js', 'package.json']),
    )
    expect(installed.files()).toEqual(expect.arrayContaining(named))
  })

  it('names no folder of the machine that it was built on', () => {
    const naming = installed.files().filter((name) => installed.read(name).includes(process.cwd()))
    expect(naming).toEqual([])
  })
})

describe('in an empty folder', () => {
  it('npx finds the commands', async () => {
    const help = await installed.run('npx', 'emojitrack-streamer', '--help')
    for (const command of ['serve', 'feed', 'tail']) expect(help).toContain(command)
  })

  it('serve streams the demo feed', async () => {
    const url = await aServerOf({})
    expect(await frameOf(`${url}/subscribe/eps`)).toMatch(/^\{"[\dA-F-]+":\d+/)
  })

  it.each(['node', 'node16', 'bundler'] as const)('TypeScript finds the types of both entries, resolved as by %s', async (resolution) => {
    const sources = {
      'entries.ts': `
import { connect, Totals } from 'emojitrack-streamer/client'
import type { Namespaces } from 'emojitrack-streamer/plugin'
export const publish = (namespaces: Namespaces) => namespaces.latest('clock').publish('noon')
export const total = (): number => new Totals().get('2665')
export const leave = () => connect({ url: 'https://streams.example' }).close()
// @ts-expect-error: no type is any
export const wrong = (namespaces: Namespaces): number => namespaces.queue('clock')
// @ts-expect-error: no type is any
export const wronger: number = connect({ url: 'https://streams.example' })
`,
    }
    await installed.compile(sources, resolution)
  })

  it('the example of the browser client is compiled as it stands', async () => {
    const [, code = ''] = /^```ts\n(.*?)^```/ms.exec(installed.read('docs/browser-client.md')) ?? []
    expect(code).toContain('client.counter(')
    const own = ['show', 'showAll', 'showJoy', 'list', 'status', 'fetchAgain'].map((name) => `const ${name} = (..._: unknown[]) => {}`)
    await installed.compile({ 'page.ts': [code, ...own].join('\n') })
  })

  it('the first plug-in of the guide is compiled and loaded as it stands there, and so is what the guide tests it by', async () => {
    const guide = installed.read('docs/plug-ins.md')
    const [, code = ''] = /^```ts\n(\/\/ newest\.ts\n.*?)^```/ms.exec(guide) ?? []
    const [, test = ''] = /^## Testing\n.*?^```ts\n(.*?)^```/ms.exec(guide) ?? []
    const expectation = 'const expect = (value: unknown) => ({ toEqual: (other: unknown) => deepEqual(value, other) })'
    await installed.compile({
      'newest.ts': code,
      'testing.ts': `import { deepEqual } from 'node:assert/strict'\n${code}\n${expectation}\n${test}`,
    })
    await installed.run('node', 'testing.js')
    const url = await aServerOf({ STREAMER_MODULES: './newest.js' })
    expect(await frameOf(`${url}/subscribe/newest`)).toMatch(/^[\dA-F-]+$/)
  })

  it('the example plug-ins, installed beside it, are loaded by their names, and each does its work', async () => {
    const names = EXAMPLES.map((name) => `emojitrack-${name}`)
    const url = await aServerOf({ STREAMER_MODULES: names.join(), WEBHOOK_TOKEN })
    const post = (headers: Readonly<Record<string, string>>) =>
      fetch(`${url}/ingest`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ updates: Array<string>(5000).fill('PACKED') }),
      })
    expect((await post({})).status).toBe(401)
    expect(await (await post({ authorization: `Bearer ${WEBHOOK_TOKEN}` })).json()).toMatchObject({ updates: 5000, workers: 1 })

    // Beside the few hundred updates a second of the demo feed.
    expect(JSON.parse(await frameOf(`${url}/subscribe/totals`, /PACKED/))).toMatchObject({ totals: { PACKED: 5000 }, other: 0 })
    expect(JSON.parse(await frameOf(`${url}/subscribe/trending`, /PACKED/))).toMatchObject({
      top: expect.arrayContaining([{ id: 'PACKED', count: 5000, before: 0, rise: 5000 }]),
    })
    expect(JSON.parse(await frameOf(`${url}/subscribe/starter`))).toEqual({ id: expect.any(String), updates: expect.any(Number) })
  })
})

/** The strings of a JSON document. */
function pathsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(pathsIn) : []
}
