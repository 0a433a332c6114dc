import { Logger } from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { aHub } from '../../../../test/support/fakes/a-hub.js'
import { configOf } from '../../../../test/support/fakes/config-of.js'
import { Relay } from '../../../common/relay/relay.js'
import { NodeState } from '../../../common/stats/node-stats.js'
import { AdmissionService } from './admission.service.js'

const ME = '192.0.2.1'

describe('AdmissionService', () => {
  const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined)

  beforeEach(() => {
    vi.useFakeTimers()
    warn.mockClear()
  })
  afterEach(() => void vi.useRealTimers())

  function admitting(env: Record<string, string> = {}) {
    const world = aHub()
    const node = new NodeState()
    const service = new AdmissionService(configOf(env), world.bus, node, world.hub, new Relay(), new SchedulerRegistry())
    service.onModuleInit()
    const refused: string[] = []
    world.bus.on('connection.refused', ({ reason }) => refused.push(reason))
    return { ...world, node, service, refused, admit: (address = ME) => service.admit(address, performance.now()) }
  }

  it('admits a stream within the limits, and announces nothing', () => {
    const { admit, refused } = admitting()
    expect([admit(), refused, warn.mock.calls]).toEqual([null, [], []])
  })

  it.each([
    ['full', { MAX_CONNECTIONS: '1' }],
    ['per-address', { MAX_CONNECTIONS_PER_IP: '1' }],
    ['rate', { MAX_CONNECTS_PER_S: '1' }],
  ])('refuses one beyond a limit, announces it each time, and warns of it once a while: %s', (reason, env) => {
    const { admit, refused } = admitting(env)
    expect([admit(), admit(), admit()]).toEqual([null, reason, reason])
    expect(refused).toEqual([reason, reason])
    expect(warn.mock.calls).toMatchObject([[{ msg: 'streams refused', reason }]])
  })

  it('refuses every stream while the node drains, without a warning', () => {
    const { admit, refused, node } = admitting()
    node.isDraining = true
    expect(admit()).toBe('draining')
    expect([refused, warn.mock.calls]).toEqual([['draining'], []])
  })

  it('gives the place of a stream back when that closes, or before it has opened', () => {
    const { admit, service, open } = admitting({ MAX_CONNECTIONS_PER_IP: '1' })
    expect(admit()).toBeNull()
    const { subscriber } = open(['eps'], { clientIp: ME })
    expect(admit()).toBe('per-address')
    subscriber.close('client')
    expect([admit(), admit()]).toEqual([null, 'per-address'])
    service.release(ME)
    expect(admit()).toBeNull()
  })

  it('has refused clients wait for a random time within its range', () => {
    const { service } = admitting({ REFUSE_RETRY_MS: '1000-5000' })
    expect([0, 0.5, 1].map((random) => service.retryMs(random))).toEqual([1000, 3000, 5000])
  })

  it('warns of a MAX_CONNECTIONS that the limit of open files puts out of reach', () => {
    const config = configOf({ MAX_CONNECTIONS: '1000' })
    const { hub, bus } = aHub()
    const start = (maxConnectionsHere: number) => {
      const limits = { ...config.limits, maxConnectionsHere }
      new AdmissionService({ ...config, limits }, bus, new NodeState(), hub, new Relay(), new SchedulerRegistry()).onModuleInit()
    }
    start(1000)
    expect(warn).not.toHaveBeenCalled()
    start(999)
    expect(warn.mock.calls).toEqual([[expect.stringContaining('MAX_CONNECTIONS is out of reach')]])
  })
})
