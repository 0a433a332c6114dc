import { HealthIndicatorService } from '@nestjs/terminus'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { parseConfig } from '../../common/config/parse-config.js'
import { NodeState } from '../../common/stats/node-state.js'
import { IngestHealth } from './ingest.health.js'

const MAX_SILENCE_MS = 4000

describe('IngestHealth', () => {
  let status: NodeState
  let health: IngestHealth

  beforeEach(() => {
    vi.useFakeTimers()
    const config = parseConfig(
      { READY_MAX_SILENCE_MS: String(MAX_SILENCE_MS) },
      { hostname: 'box', cores: 2, worker: null, readText: () => undefined },
    )
    status = new NodeState()
    health = new IngestHealth(new HealthIndicatorService(), config, status)
  })

  afterEach(() => void vi.useRealTimers())

  function hear(): void {
    status.source = 'redis'
    status.state = 'ready'
    status.heardAtMs = performance.now()
  }

  it('is down before anything has connected', () => {
    expect(health.check()).toEqual({ ingest: { status: 'down', source: 'none', state: 'connecting' } })
  })

  it('is up while the source is ready and heard', () => {
    hear()
    expect(health.check()).toEqual({ ingest: { status: 'up', source: 'redis', state: 'ready' } })
    vi.advanceTimersByTime(MAX_SILENCE_MS)
    expect(health.check()).toMatchObject({ ingest: { status: 'up' } })
  })

  it('is down once the source has been silent for too long, and up when it is heard again', () => {
    hear()
    vi.advanceTimersByTime(MAX_SILENCE_MS + 1)
    expect(health.check()).toEqual({ ingest: { status: 'down', source: 'redis', state: 'silent' } })
    hear()
    expect(health.check()).toMatchObject({ ingest: { status: 'up' } })
  })

  it('is down for a source that is ready but was never heard', () => {
    status.state = 'ready'
    expect(health.check()).toMatchObject({ ingest: { status: 'down', state: 'silent' } })
  })

  it.each(['connecting', 'stopped'] as const)('is down while the source is %s, however lately it was heard', (state) => {
    hear()
    status.state = state
    expect(health.check()).toEqual({ ingest: { status: 'down', source: 'redis', state } })
  })

  it('says nothing of errors, which name hosts', () => {
    status.lastError = 'getaddrinfo ENOTFOUND cache.internal'
    expect(JSON.stringify(health.check())).not.toContain('cache.internal')
  })
})
