import { HealthIndicatorService } from '@nestjs/terminus'
import { beforeEach, describe, expect, it } from 'vitest'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { DrainHealth } from './drain.health.js'

describe('DrainHealth', () => {
  let bus: EventBus
  let health: DrainHealth

  beforeEach(() => {
    bus = new EventBus((_event, error) => {
      throw error
    })
    health = new DrainHealth(new HealthIndicatorService(), bus)
    health.onModuleInit()
  })

  it('is up while the node serves', () => {
    bus.emit('ingest.changed', { state: 'stopped' })
    expect(health.check()).toEqual({ node: { status: 'up', state: 'serving' } })
  })

  it('is down from the moment that the node drains', () => {
    bus.emit('node.draining', {})
    expect(health.check()).toEqual({ node: { status: 'down', state: 'draining' } })
  })
})
