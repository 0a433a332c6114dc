import { EventBus, Relay } from 'emojitrack-streamer/plugin'
import { beforeEach, describe, expect, it } from 'vitest'
import { WebhookIngest } from './webhook-ingest.js'

describe('WebhookIngest', () => {
  let bus: EventBus
  let ingest: WebhookIngest
  /** The events of the bus, bytes as text. */
  let heard: unknown[]

  beforeEach(() => {
    bus = new EventBus()
    heard = []
    bus.on('scores.received', ({ ids }) => void heard.push(ids.map(String)))
    bus.on('detail.received', ({ id, data }) => void heard.push({ id, data: String(data) }))
    ingest = new WebhookIngest(bus, new Relay())
    ingest.onModuleInit()
  })

  it('emits updates as one batch, in order', async () => {
    expect(await ingest.deliver({ ids: ['1F602', 'é', '1F602'], detail: null })).toBe(1)
    expect(heard).toEqual([['1F602', 'é', '1F602']])
  })

  it('emits a detail under its id', async () => {
    expect(await ingest.deliver({ ids: [], detail: { id: '2665', data: '{"text":"♥"}' } })).toBe(1)
    expect(heard).toEqual([{ id: '2665', data: '{"text":"♥"}' }])
  })

  it('emits both, the updates first', async () => {
    await ingest.deliver({ ids: ['a'], detail: { id: 'b', data: '{}' } })
    expect(heard).toEqual([['a'], { id: 'b', data: '{}' }])
  })

  it('emits nothing for an empty list', async () => {
    expect(await ingest.deliver({ ids: [], detail: null })).toBe(1)
    expect(heard).toEqual([])
  })

  it('knows when the node drains', () => {
    expect(ingest.isDraining).toBe(false)
    bus.emit('node.draining', {})
    expect(ingest.isDraining).toBe(true)
  })
})
