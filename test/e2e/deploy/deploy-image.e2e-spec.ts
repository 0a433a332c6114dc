import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Image, ImageBuild, pathIn } from '../../support/deploy/image-build.js'
import { Child } from '../../support/servers/child.js'
import { aFeeder, aRedis, openClient } from '../../support/servers/fixtures.js'
import { freePort } from '../../support/servers/free-port.js'

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url))
/** Two installations and a build. */
const BUILD_MS = 300_000
/** The user `node` of the official images. */
const UID = '1000'

describe('the image', () => {
  let context: string
  let build: ImageBuild
  let image: Image

  beforeAll(async () => {
    context = mkdtempSync(join(tmpdir(), 'emojitrack-context-'))
    cpSync(PROJECT, context, { recursive: true, filter: (path) => !/\/(node_modules|\.git|dist|coverage)(\/|$)/.test(path) })
    writeFileSync(join(context, '.env'), 'REDIS_URL=redis://:secret@host\n')
    build = new ImageBuild(context)
    image = await build.run()
  }, BUILD_MS)
  afterAll(() => {
    build?.remove()
    rmSync(context, { recursive: true, force: true })
  })

  it('holds the program and what it needs to run, and nothing else', () => {
    expect(readdirSync(pathIn(image, '.')).sort()).toEqual(['dist', 'node_modules', 'package.json'])
    expect(existsSync(pathIn(image, 'dist/main.js'))).toBe(true)
    expect(existsSync(pathIn(image, 'node_modules/koffi'))).toBe(true)
    for (const name of ['typescript', 'vitest', '@biomejs']) expect(existsSync(pathIn(image, `node_modules/${name}`)), name).toBe(false)
  })

  it('is not made from secrets of the working folder, which a layer would keep', () => {
    expect(existsSync(pathIn(build.stage('build'), 'src/main.ts'))).toBe(true)
    expect(existsSync(pathIn(build.stage('build'), '.env'))).toBe(false)
  })

  it('runs as a user without rights, streams, is healthy while it does, and ends in order on SIGTERM', async () => {
    expect(image).toMatchObject({ user: 'node', port: 8001 })
    const redis = await aRedis()
    const port = await freePort()
    const env = { ...ImageBuild.envOf(image), PORT: String(port), REDIS_URL: redis.url, DRAIN_S: '0' }
    expect(await healthCheck(env)).not.toBe(0)

    const server = await Child.spawn(...asUser(image.command), env)
    await server.untilReady('the container is healthy', async () => (await healthCheck(env)) === 0, 20_000)
    const feeder = await aFeeder(redis.url)
    const client = await openClient({ port }, { path: '/subscribe/eps' })
    await feeder.update('1F602')
    await client.until('the update', ({ counts }) => counts.has('1F602'))

    server.signal('SIGTERM')
    expect(await server.exited).toEqual({ code: 0, signal: null })
    expect(await client.ended).toEqual({ clean: true })
    expect(await healthCheck(env)).not.toBe(0)
  })

  /** Resolves to the exit code of the image's health check. */
  function healthCheck(env: Record<string, string>): Promise<number> {
    const { health } = image
    if (health === undefined) throw new Error('the image has no health check')
    const [file, args] = asUser(health.command)
    return new Promise((resolve) => {
      const check = execFile(file, args, { env, timeout: (health.seconds['timeout'] ?? 0) * 1000 }, () => resolve(check.exitCode ?? 1))
    })
  }

  /** The steps of a container engine: it changes to the folder and, where the tests run as root, to a user without rights. */
  function asUser(command: readonly string[]): [string, string[]] {
    const inFolder = ['env', '--chdir', pathIn(image, '.'), ...command]
    const drop = process.getuid?.() === 0 ? ['setpriv', '--reuid', UID, '--regid', UID, '--clear-groups'] : []
    const [file = '', ...args] = [...drop, ...inFolder]
    return [file, args]
  }
})
