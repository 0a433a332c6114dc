import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc')

const SETTINGS = {
  compilerOptions: {
    target: 'ES2022',
    module: 'NodeNext',
    strict: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    noEmit: true,
    skipLibCheck: true,
    types: ['node'],
  },
}

/** Every kind of use; the compiler must find the expected errors, and no others. */
const PLUG_IN = `
import { Injectable, Module, type OnModuleInit } from '@nestjs/common'
import {
  type AppEvents, Counter, EventBus, HealthChecks, HttpAdapterHost, Interval, type LatestNamespace, MetricsRegistry, Namespaces, Relay,
  StreamStats,
} from 'emojitrack-streamer/plugin'

declare module 'emojitrack-streamer/plugin' {
  interface AppEvents {
    'trending.changed': { readonly id: string }
  }
}

@Injectable()
class Trending implements OnModuleInit {
  private readonly stream: LatestNamespace

  constructor(
    private readonly bus: EventBus,
    namespaces: Namespaces,
    metrics: MetricsRegistry,
    health: HealthChecks,
    relay: Relay,
    stats: StreamStats,
    private readonly adapterHost: HttpAdapterHost,
  ) {
    this.stream = namespaces.latest('trending')
    const changes = new Counter({ name: 'trending_changes_total', help: 'Changes.', registers: [metrics] })
    health.add('trending', async () => stats.total >= 0)
    relay.on('trending.reset', ({ id = '' }) => (changes.inc(), id.length))
    // @ts-expect-error There is no such policy.
    namespaces.newest('trending')
  }

  onModuleInit() {
    const instance = this.adapterHost.httpAdapter.getInstance<{ addHook(name: 'onRequest', hook: (...parts: never[]) => void): void }>()
    instance.addHook('onRequest', () => undefined)
    this.bus.on('trending.changed', async ({ id }) => this.stream.publish(id))
    this.bus.on('scores.received', ({ ids }) => this.bus.emit('trending.changed', { id: String(ids.length) }))
    // @ts-expect-error There is no such event.
    this.bus.emit('trending.lost', {})
    // @ts-expect-error Its payload is another.
    this.bus.emit('trending.changed', { id: 1 })
  }
}

class Ticker {
  @Interval('tick', 1000)
  tick() {}

  // @ts-expect-error A method runs by time, nothing else.
  @Interval('tock', 1000)
  tock = 1
}

export const last: AppEvents['trending.changed'] = { id: 'x' }

@Module({ providers: [Trending, Ticker] })
export default class TrendingModule {}
`

/** The errors that the compiler finds in these files, in a folder that has the server installed. */
async function errorsOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'emojitrack-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(ROOT, join(folder, 'node_modules/emojitrack-streamer'))
  for (const name of ['@nestjs', '@types']) symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ ...SETTINGS, files: Object.keys(files) }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)

  const { stdout } = await promisify(execFile)(process.execPath, [TSC, '-p', folder]).catch((error: { stdout: string }) => error)
  return stdout
}

/** The examples of a page that are whole files, by the name that they begin with. */
function filesOf(page: string): Record<string, string> {
  const examples = readFileSync(join(ROOT, page), 'utf8').matchAll(/^```ts\n\/\/ (?<name>\S+\.ts)\n(?<text>.*?)^```$/gms)
  return Object.fromEntries([...examples].map(({ groups: { name = '', text = '' } = {} }) => [name, text]))
}

it('the types of the surface hold for a plug-in outside, which adds events of its own', async () => {
  expect(await errorsOf({ 'plug-in.ts': PLUG_IN })).toBe('')
})

it('the examples of docs/plug-ins.md compile', async () => {
  const files = filesOf('docs/plug-ins.md')
  expect(Object.keys(files)).toEqual(['newest.ts', 'welcome.ts'])
  expect(await errorsOf(files)).toBe('')
})
