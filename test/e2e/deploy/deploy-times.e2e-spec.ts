import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { parseConfig } from '../../../src/common/config/parse-config.js'
import { httpOptions } from '../../../src/http/http-server.js'
import { parseDockerfile } from '../../support/deploy/dockerfile.js'
import { manifestOf } from '../../support/deploy/kubernetes-manifests.js'
import { readUnit } from '../../support/deploy/systemd-unit.js'

/** A primary waits for its workers this much longer than they may take. */
const PRIMARY_S = 1
/** Heroku ends a dyno by SIGKILL this long after SIGTERM: https://devcenter.heroku.com/articles/dyno-shutdown-behavior */
const HEROKU_S = 30

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), 'utf8')

/** The defaults in production. */
const config = parseConfig(
  { NODE_ENV: 'production', REDIS_URL: 'redis://host' },
  { hostname: 'box', cores: 2, worker: null, readText: () => undefined },
)
const stopS = config.shutdown.timeoutMs / 1000 + PRIMARY_S
const pod = () => manifestOf('Deployment').spec?.template.spec
const container = () => pod()?.containers[0]
const secondsIn = (text: string | undefined) => Number(/^(\d+)s?$/.exec(text ?? '')?.[1])

const composeFile = z.object({
  services: z.object({ streamer: z.object({ stop_grace_period: z.string(), ports: z.tuple([z.string()]) }) }),
})
const compose = () => composeFile.parse(parse(read('docker-compose.yml'))).services.streamer

describe('a supervisor that stops the server waits longer than it may take by default', () => {
  it('Kubernetes, whose time runs from the start of preStop', () => {
    const preStopS = container()?.lifecycle?.preStop?.sleep?.seconds ?? Number.NaN
    expect(pod()?.terminationGracePeriodSeconds).toBeGreaterThan(preStopS + stopS)
  })

  it.each([
    ['docker compose', () => secondsIn(compose().stop_grace_period)],
    ['systemd', () => secondsIn(readUnit().get('TimeoutStopSec'))],
    ['Heroku', () => HEROKU_S],
  ])('%s', (_who, graceS) => {
    expect(graceS()).toBeGreaterThan(stopS)
  })
})

describe('a probe of the health of the server', () => {
  it('notices within 30 s that it hangs, and waits for its start at least as long', () => {
    const { livenessProbe: live, startupProbe: startup } = container() ?? {}
    expect((live?.periodSeconds ?? 0) * (live?.failureThreshold ?? 0)).toBe(30)
    expect((startup?.periodSeconds ?? 0) * (startup?.failureThreshold ?? 0)).toBeGreaterThanOrEqual(30)
    const { seconds } = parseDockerfile(read('Dockerfile'))
      .flatMap(({ steps }) => steps)
      .find(({ kind }) => kind === 'HEALTHCHECK') as { seconds: Record<string, number> }
    expect((seconds['interval'] ?? 0) * (seconds['retries'] ?? 0)).toBe(30)
    expect(seconds['start-period']).toBeGreaterThanOrEqual(30)
  })

  it('learns that a node drains before half of its streams are closed', () => {
    const { periodSeconds = 0, failureThreshold = 0 } = container()?.readinessProbe ?? {}
    expect(periodSeconds * failureThreshold).toBeGreaterThan(0)
    expect(periodSeconds * failureThreshold * 1000).toBeLessThanOrEqual(config.shutdown.drainMs / 2)
  })
})

describe('the port', () => {
  it('is the default everywhere', () => {
    const port = String(config.port)
    expect(container()?.ports?.map(({ containerPort }) => containerPort)).toEqual([config.port])
    expect(compose().ports).toEqual([`${port}:${port}`])
    expect(parseDockerfile(read('Dockerfile')).at(-1)?.steps).toContainEqual({ kind: 'EXPOSE', value: port })
    for (const file of ['deploy/nginx/emojitrack-streamer.conf', 'deploy/caddy/Caddyfile', 'deploy/haproxy/haproxy.cfg'])
      expect(read(file)).toContain(`127.0.0.1:${port}`)
  })
})

describe('a proxy', () => {
  it.each([
    ['nginx', 'deploy/nginx/emojitrack-streamer.conf', /proxy_read_timeout (\d+)s;/],
    ['HAProxy', 'deploy/haproxy/haproxy.cfg', /timeout server (\d+)s$/m],
  ])('waits longer for the next byte of a stream than the server lets pass (%s)', (_name, file, pattern) => {
    const [, readS] = pattern.exec(read(file)) ?? []
    expect(secondsIn(readS) * 1000).toBeGreaterThanOrEqual(2 * config.streams.heartbeatMs)
  })

  it.each([
    ['nginx', 'deploy/nginx/emojitrack-streamer.conf', /keepalive_timeout (\d+)s;/],
    ['Caddy', 'deploy/caddy/Caddyfile', /keepalive (\d+)s$/m],
  ])('keeps an idle connection for less long than the server does (%s)', (_name, file, pattern) => {
    const [, keepS] = pattern.exec(read(file)) ?? []
    expect(secondsIn(keepS) * 1000).toBeLessThan(httpOptions(config).keepAliveTimeout ?? 0)
  })
})

describe('docs/operations.md', () => {
  it.each([
    ['terminationGracePeriodSeconds', () => String(pod()?.terminationGracePeriodSeconds)],
    ['preStop', () => `${container()?.lifecycle?.preStop?.sleep?.seconds}`],
    ['stop_grace_period', () => compose().stop_grace_period],
    ['TimeoutStopSec', () => `${readUnit().get('TimeoutStopSec')}`],
  ])('tells the value of %s', (name, value) => {
    expect(read('docs/operations.md')).toMatch(new RegExp(`\`${name}[:=] ?${value()}\``))
  })

  it('has the chapters that alerts link to', () => {
    const headings = [...read('docs/operations.md').matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => anchorOf(title))
    const wanted = [
      'redis-gone',
      'updates-missing',
      'slow-clients',
      'reconnect-storm',
      'full',
      'fan-out-lag',
      'event-loop-lag',
      'report-failures',
      'node-down',
    ]
    expect(headings).toEqual(expect.arrayContaining(wanted))
  })

  /** As GitHub makes them. */
  const anchorOf = (title: string) =>
    title
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-')
})
