import { Logger } from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { configOf } from '../../../test/support/fakes/config-of.js'
import { positionsOf } from '../../../test/support/fakes/positions.js'
import type { AppEvents } from '../../common/event-bus/app-events.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { FatalErrorService } from '../../common/platform/fatal-error.service.js'
import { ScoreLog } from '../../common/score-log/score-log.js'
import { NodeState } from '../../common/stats/node-stats.js'
import type { CutReply } from './cut-reader.service.js'
import { PositionsService } from './positions.service.js'

const MARKER_MS = 5000
const AUDIT_MS = 300_000
const CHANNEL = 'emojitrack.cut.test'

/** A Redis with scores, of which the node hears what it may. */
class World {
  readonly scores = new Map<string, number>()
  epoch: string | null = 'firstepoch'
  reads = 0
  named = 0
  /** Replaces the next replies. */
  reply: CutReply | Error | null = null
  isDeaf = false
  masterLink = 'up'
  readonly outcomes: string[] = []
  readonly changes: AppEvents['positions.changed'][] = []
  readonly missed: AppEvents['scores.missed'][] = []
  unheard = 0
  readonly node = new NodeState()
  readonly timers = new SchedulerRegistry()
  readonly fatal = new FatalErrorService()
  readonly bus = new EventBus((_event, error) => {
    throw error
  })
  readonly log = new ScoreLog({ capacity: 4096, maxIds: 64 })
  readonly parts = positionsOf(this.log)
  readonly service: PositionsService

  constructor() {
    const { bus, node, log, parts } = this
    const reader = {
      connect: () => undefined,
      disconnect: () => undefined,
      read: this.read,
      nameEpoch: this.nameEpoch,
      replication: this.replication,
    }
    const { totals, positions, sequence } = parts
    const config = configOf({ REDIS_URL: 'redis://127.0.0.1:1', AUDIT_MS: String(AUDIT_MS) })
    this.service = new PositionsService(config, bus, node, log, totals, positions, sequence, reader, this.fatal, this.timers)
    this.service.onModuleInit()
    bus.on('cut.finished', ({ outcome }) => this.outcomes.push(outcome))
    bus.on('positions.changed', (change) => this.changes.push(change))
    bus.on('scores.missed', (missed) => this.missed.push(missed))
    bus.on('cut.unheard', () => this.unheard++)
    this.service.onApplicationBootstrap()
  }

  /** The publisher counts, and the node hears it or not. */
  update(count: number, isHeard = true): void {
    this.scores.set('A', (this.scores.get('A') ?? 0) + count)
    if (!isHeard) return
    for (let n = 0; n < count; n++) this.log.append(Buffer.from('A'))
    this.log.seal()
    this.parts.totals.advance()
    const to = this.log.position
    this.bus.emit('scores.summarized', { from: to - count, to, atMs: performance.now(), lateMs: 0 })
  }

  link(state: 'ready' | 'connecting'): void {
    this.node.state = state
    this.node.markerChannel = CHANNEL
    this.bus.emit('ingest.changed', { state })
  }

  /** Shared positions. */
  async share(): Promise<void> {
    this.link('ready')
    await settled()
    this.update(100)
    await settled()
    expect(this.outcomes).toEqual(['first', 'agrees'])
    this.outcomes.length = 0
  }

  private readonly read = async (channel: string, token: string): Promise<CutReply> => {
    this.reads++
    expect(channel).toBe(CHANNEL)
    if (this.reply instanceof Error) throw this.reply
    if (this.reply !== null) return this.reply
    if (!this.isDeaf) this.bus.emit('cut.marked', { token })
    const scores = new Map(this.scores)
    const sum = [...scores.values()].reduce((a, b) => a + b, 0)
    return { kind: 'cut', cut: { scores, sum, areCounts: Number.isInteger(sum), epoch: this.epoch } }
  }

  private readonly replication = async () => `role:slave\r\nmaster_link_status:${this.masterLink}\r\n`

  private readonly nameEpoch = async (from: string | null, to: string): Promise<string[]> => {
    this.named++
    if (from === this.epoch) this.epoch = to
    return []
  }
}

/** Lets all that is due in this turn happen. */
const settled = () => vi.advanceTimersByTimeAsync(0)

describe('Positions', () => {
  let world: World
  let end: ReturnType<typeof vi.spyOn>

  beforeEach(() => {
    Logger.overrideLogger(false)
    vi.useFakeTimers()
    world = new World()
    end = vi.spyOn(world.fatal, 'end').mockImplementation(() => undefined)
  })

  afterEach(() => {
    expect(end).not.toHaveBeenCalled()
    vi.restoreAllMocks()
    vi.useRealTimers()
    Logger.overrideLogger(true)
  })

  it('are shared as soon as 100 updates came between two cuts that agree', async () => {
    world.link('ready')
    await settled()
    world.update(99)
    await settled()
    expect(world.outcomes).toEqual(['first'])
    world.update(1)
    await settled()
    expect(world.outcomes).toEqual(['first', 'agrees'])
    expect(world.changes.map(({ reason }) => reason)).toEqual(['unverified', null])
    expect(world.parts.positions.status).toMatchObject({ mode: 'shared', epoch: 'firstepoch', position: 100 })
  })

  it('name a data set that has no name, and one with a name of another kind', async () => {
    world.epoch = null
    world.link('ready')
    await settled()
    expect([world.outcomes, world.named]).toEqual([['failed', 'first'], 1])
    expect(world.epoch).toMatch(/^[0-9a-z]{12}$/)
    world.epoch = 'Not One Of Ours'
    world.link('connecting')
    world.link('ready')
    await settled()
    expect(world.epoch).toMatch(/^[0-9a-z]{12}$/)
  })

  it('ask for what was missed while the link was lost, and make no cut until it is in the log', async () => {
    await world.share()
    world.link('connecting')
    world.update(7, false)
    world.link('ready')
    await settled()
    expect(world.missed).toEqual([{ missed: new Map([['A', 7]]) }])
    const { reads } = world
    await vi.advanceTimersByTimeAsync(2 * AUDIT_MS)
    expect(world.reads).toBe(reads)

    world.log.heal(Buffer.from('A'), 7)
    world.parts.totals.advance()
    world.bus.emit('scores.healed', { entries: 1, updates: 7 })
    expect(world.parts.positions.status).toMatchObject({ mode: 'shared', position: 107, healed: 7 })
  })

  it('give a data set that has lost data another name', async () => {
    await world.share()
    world.link('connecting')
    world.scores.set('A', 50)
    world.link('ready')
    await settled()
    expect(world.outcomes).toEqual(['lost', 'replaced'])
    expect(world.missed).toEqual([])
    expect(world.epoch).not.toBe('firstepoch')
    expect(world.changes.at(-1)).toEqual({ reason: 'data-lost', isNewData: true })
  })

  it('take a replica that has lost its master for a link that was lost', async () => {
    await world.share()
    await vi.advanceTimersByTimeAsync(2000)
    world.masterLink = 'down'
    await vi.advanceTimersByTimeAsync(2000)
    world.update(5, false)
    world.masterLink = 'up'
    await vi.advanceTimersByTimeAsync(2000)
    expect(world.missed).toEqual([{ missed: new Map([['A', 5]]) }])
  })

  it('are checked by audits, up to a fifth earlier or later', async () => {
    await world.share()
    const { reads } = world
    await vi.advanceTimersByTimeAsync(0.8 * AUDIT_MS - 1)
    expect(world.reads).toBe(reads)
    await vi.advanceTimersByTimeAsync(0.4 * AUDIT_MS + 2)
    expect(world.reads).toBe(reads + 1)
    expect(world.outcomes).toEqual(['agrees'])
  })

  it('report a link that does not bring the marker, nor any update, after 5 s', async () => {
    await world.share()
    world.isDeaf = true
    world.link('connecting')
    world.link('ready')
    await vi.advanceTimersByTimeAsync(MARKER_MS - 1)
    expect(world.unheard).toBe(0)
    await vi.advanceTimersByTimeAsync(1)
    expect([world.unheard, world.outcomes]).toEqual([1, ['deaf']])
  })

  it('do not call a link deaf that brings updates, or that was lost meanwhile', async () => {
    await world.share()
    world.isDeaf = true
    world.link('connecting')
    world.link('ready')
    await settled()
    world.update(1)
    await vi.advanceTimersByTimeAsync(MARKER_MS)
    expect([world.unheard, world.outcomes]).toEqual([0, ['failed']])

    world.isDeaf = false
    await vi.advanceTimersByTimeAsync(200)
    expect(world.outcomes).toEqual(['failed', 'missed'])
  })

  it.each([
    ['no-rights', () => (world.reply = { kind: 'not-permitted', missing: ['+zrange'] })],
    ['too-many-ids', () => (world.reply = { kind: 'too-many-ids', ids: 100_001 })],
    ['not-counts', () => world.scores.set('B', 0.5)],
  ])('are private for the reason %s, which is looked at again after a minute', async (reason, begin) => {
    await world.share()
    begin()
    world.link('connecting')
    world.link('ready')
    await settled()
    expect(world.parts.positions.status).toMatchObject({ mode: 'private', reason })
    const { reads } = world
    world.update(500)
    await vi.advanceTimersByTimeAsync(59_000)
    expect(world.reads).toBe(reads)
    world.reply = null
    world.scores.delete('B')
    await vi.advanceTimersByTimeAsync(1000)
    world.update(100)
    await settled()
    expect(world.parts.positions.status).toMatchObject({ mode: 'shared' })
  })

  it('are asked for again where the link was lost once more while a cut was made, though no update comes', async () => {
    const { sequence } = world.parts
    const { mark } = sequence
    vi.spyOn(sequence, 'mark').mockImplementationOnce(() => {
      const isGood = mark.call(sequence)
      world.link('connecting')
      world.link('ready')
      return isGood
    })
    world.link('ready')
    await settled()
    expect(world.outcomes).toEqual(['first'])
    await vi.advanceTimersByTimeAsync(200)
    expect(world.outcomes).toEqual(['first', 'first'])
  })

  it('are private where Redis refuses the channel of the markers', async () => {
    world.node.markerRefusal = 'NOPERM'
    world.link('ready')
    await settled()
    expect(world.parts.positions.status).toMatchObject({ mode: 'private', reason: 'no-rights' })
    expect(world.reads).toBe(0)
  })

  it('wait longer from failure to failure', async () => {
    world.reply = new Error('Command timed out')
    world.link('ready')
    await vi.advanceTimersByTimeAsync(1000)
    const { reads } = world
    expect(reads).toBeGreaterThan(3)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(world.reads - reads).toBeLessThan(12)
    world.reply = null
    await vi.advanceTimersByTimeAsync(30_000)
    expect(world.outcomes.at(-1)).toBe('first')
  })

  it('arm no timer once the application stops', async () => {
    world.isDeaf = true
    world.link('ready')
    await settled()
    world.service.beforeApplicationShutdown()
    for (const name of world.timers.getTimeouts()) world.timers.deleteTimeout(name)
    await vi.advanceTimersByTimeAsync(AUDIT_MS)
    expect(world.timers.getTimeouts()).toEqual([])
    expect(world.reads).toBe(1)
  })

  it('end the process for an error in the judgement', async () => {
    vi.spyOn(world.parts.sequence, 'judge').mockImplementation(() => {
      throw new Error('broken')
    })
    world.link('ready')
    await settled()
    expect(end.mock.calls).toEqual([['positions', new Error('broken')]])
    end.mockClear()
  })
})
