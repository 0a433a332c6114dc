import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { readUnit } from '../../support/deploy/systemd-unit.js'
import { Child } from '../../support/servers/child.js'
import { aRedis } from '../../support/servers/fixtures.js'
import { freePort } from '../../support/servers/free-port.js'

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url))

it.each([
  // A platform hands the line to a shell, systemd starts the program itself.
  ['the Procfile', () => ['sh', '-c', /^web: (.+)\n$/.exec(readFileSync(`${PROJECT}Procfile`, 'utf8'))?.[1] ?? 'false']],
  ['the systemd unit', () => readUnit().get('ExecStart')?.replace('/usr/bin/node', process.execPath).split(' ') ?? []],
])('the command of %s starts the server, which receives SIGTERM and ends in order', async (_where, command) => {
  const redis = await aRedis()
  const port = await freePort()
  const env = { PATH: process.env['PATH'], NODE_ENV: 'production', REDIS_URL: redis.url, PORT: String(port), DRAIN_S: '0' }
  const server = await Child.spawn('env', ['--chdir', PROJECT, ...command()], env)
  onTestFinished(async () => void (await server.kill()))
  await server.untilReady('it is live', async () => (await fetch(`http://127.0.0.1:${port}/health/live`)).ok, 20_000)
  server.signal('SIGTERM')
  expect(await server.exited).toEqual({ code: 0, signal: null })
})
