import { HealthIndicatorService } from '@nestjs/terminus'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { configOf } from '../../../test/support/fakes/config-of.js'
import { HealthChecks } from '../../common/plugin-api/registries.js'
import { NodeState } from '../../common/stats/node-stats.js'
import { IndicatorsService } from './indicators.service.js'

const MAX_SILENCE_MS = 4000

let node: NodeState
let checks: HealthChecks
let indicators: IndicatorsService

beforeEach(() => {
  vi.useFakeTimers()
  node = new NodeState()
  checks = new HealthChecks()
  indicators = indicatorsWith({})
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

const indicatorsWith = (env: Record<string, string>) =>
  new IndicatorsService(new HealthIndicatorService(), configOf({ READY_MAX_SILENCE_MS: String(MAX_SILENCE_MS), ...env }), node, checks)

function hear(): void {
  node.source = 'redis'
  node.state = 'ready'
  node.wasReady = true
  node.heardAtMs = performance.now()
}

describe('the indicator of the drain', () => {
  it('is up while the node serves', () => {
    node.state = 'stopped'
    expect(indicators.drain()).toEqual({ node: { status: 'up', state: 'serving' } })
  })

  it('is down from the moment that the node drains', () => {
    node.isDraining = true
    expect(indicators.drain()).toEqual({ node: { status: 'down', state: 'draining' } })
  })
})

describe('the indicator of the ingest', () => {
  it('is down before anything has connected', () => {
    expect(indicators.ingest()).toEqual({ ingest: { status: 'down', source: 'none', state: 'connecting' } })
  })

  it('is up while the source is ready and answers', () => {
    hear()
    expect(indicators.ingest()).toEqual({ ingest: { status: 'up', source: 'redis', state: 'ready' } })
    vi.advanceTimersByTime(MAX_SILENCE_MS)
    expect(indicators.ingest()).toMatchObject({ ingest: { status: 'up' } })
  })

  it('is down once the source has been silent for too long, and up when it answers again', () => {
    hear()
    vi.advanceTimersByTime(MAX_SILENCE_MS + 1)
    expect(indicators.ingest()).toEqual({ ingest: { status: 'down', source: 'redis', state: 'silent' } })
    hear()
    expect(indicators.ingest()).toMatchObject({ ingest: { status: 'up' } })
  })

  it('is down for a source that is ready but has never answered', () => {
    node.state = 'ready'
    expect(indicators.ingest()).toMatchObject({ ingest: { status: 'down', state: 'silent' } })
  })

  it.each(['connecting', 'stopped'] as const)('is down while the source is %s, however recent its last answer', (state) => {
    hear()
    node.state = state
    expect(indicators.ingest()).toEqual({ ingest: { status: 'down', source: 'redis', state } })
  })

  it('names a source that answers and is of the wrong kind', () => {
    hear()
    node.state = 'connecting'
    node.fault = 'sentinel'
    expect(indicators.ingest()).toEqual({ ingest: { status: 'down', source: 'redis', state: 'sentinel' } })
  })

  it('names a link that answers and delivers nothing, whatever its state', () => {
    hear()
    node.fault = 'deaf'
    expect(indicators.ingest()).toEqual({ ingest: { status: 'down', source: 'redis', state: 'deaf' } })
    node.state = 'connecting'
    expect(indicators.ingest()).toEqual({ ingest: { status: 'down', source: 'redis', state: 'deaf' } })
  })

  it('says nothing of errors, which name hosts', () => {
    node.lastError = 'getaddrinfo ENOTFOUND cache.internal'
    expect(JSON.stringify(indicators.ingest())).not.toContain('cache.internal')
  })
})

it('the indicator of the database names the connections to which Redis refuses it', () => {
  expect(indicators.database()).toEqual({ database: { status: 'up' } })
  node.withoutDatabase.add('reports').add('positions')
  expect(indicators.database()).toEqual({ database: { status: 'down', state: 'refused', connections: ['positions', 'reports'] } })
})

describe('the indicator of the start', () => {
  it('is down until the source has been subscribed once, however long that takes', () => {
    node.source = 'redis'
    expect(indicators.start()).toEqual({ ingest: { status: 'down', source: 'redis', state: 'connecting' } })
    vi.advanceTimersByTime(3_600_000)
    expect(indicators.start()).toMatchObject({ ingest: { status: 'down' } })
    hear()
    expect(indicators.start()).toEqual({ ingest: { status: 'up', source: 'redis', state: 'ready' } })
  })

  it('stays up while the source is away or silent, and says so', () => {
    hear()
    node.state = 'connecting'
    expect(indicators.start()).toEqual({ ingest: { status: 'up', source: 'redis', state: 'connecting' } })
    node.state = 'ready'
    vi.advanceTimersByTime(MAX_SILENCE_MS + 1)
    expect(indicators.start()).toEqual({ ingest: { status: 'up', source: 'redis', state: 'silent' } })
  })

  it('is down while the link answers and delivers nothing, which no other node shares', () => {
    hear()
    node.fault = 'deaf'
    expect(indicators.start()).toEqual({ ingest: { status: 'down', source: 'redis', state: 'deaf' } })
    node.fault = null
    expect(indicators.start()).toMatchObject({ ingest: { status: 'up' } })
  })

  it('is that of the ingest with READY_REQUIRES_REDIS=always', () => {
    indicators = indicatorsWith({ READY_REQUIRES_REDIS: 'always' })
    hear()
    expect(indicators.start()).toMatchObject({ ingest: { status: 'up' } })
    node.state = 'connecting'
    expect(indicators.start()).toEqual({ ingest: { status: 'down', source: 'redis', state: 'connecting' } })
  })
})

describe('the indicator of a check of a plug-in', () => {
  const ask = () => Promise.all(indicators.plugins().map((indicator) => indicator()))

  it.each([
    [() => true, { status: 'up' }],
    [() => false, { status: 'down', message: 'not well' }],
    [() => Promise.reject(new Error('secret')), { status: 'down', message: 'failed' }],
  ])('answers with a fixed text only (%#)', async (check, answer) => {
    checks.add('trending', check)
    expect(await ask()).toEqual([{ trending: answer }])
  })

  it('waits for a late check once, for a second, and not again until it has ended', async () => {
    const late = new AbortController()
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(late.signal)
    let end: (value: boolean) => void = () => undefined
    const check = vi.fn(() => new Promise<boolean>((resolve) => (end = resolve)))
    checks.add('trending', check)

    const first = ask()
    await vi.advanceTimersByTimeAsync(0)
    vi.advanceTimersByTime(1000)
    late.abort()
    expect([await first, timeout.mock.calls]).toEqual([[{ trending: { status: 'down', message: 'too slow' } }], [[1000]]])
    // No time passes.
    expect(await ask()).toEqual([{ trending: { status: 'down', message: 'too slow' } }])
    expect([check.mock.calls.length, timeout.mock.calls.length]).toEqual([1, 1])

    end(true)
    await vi.advanceTimersByTimeAsync(0)
    timeout.mockReturnValue(new AbortController().signal)
    const last = ask()
    await vi.advanceTimersByTimeAsync(0)
    end(true)
    expect([await last, check.mock.calls.length]).toEqual([[{ trending: { status: 'up' } }], 2])
  })
})
