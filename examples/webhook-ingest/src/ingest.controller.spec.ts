import { BadRequestException, ServiceUnavailableException } from '@nestjs/common'
import { EventBus, MetricsRegistry, Relay } from 'emojitrack-streamer/plugin'
import { beforeEach, describe, expect, it } from 'vitest'
import { IngestController } from './ingest.controller.js'
import { Requests } from './requests.js'
import { WebhookIngest } from './webhook-ingest.js'

describe('IngestController', () => {
  let bus: EventBus
  let metrics: MetricsRegistry

  beforeEach(() => {
    bus = new EventBus()
    metrics = new MetricsRegistry()
  })

  function controller(relay = new Relay()): IngestController {
    const ingest = new WebhookIngest(bus, relay)
    ingest.onModuleInit()
    return new IngestController(ingest, new Requests(metrics))
  }

  const counted = async (outcome: string) =>
    Number(new RegExp(`outcome="${outcome}"} (\\d+)`).exec(await metrics.getSingleMetricAsString('webhook_ingest_requests_total'))?.[1])

  it('answers with the number of accepted parts', async () => {
    const body = { updates: ['1F602', '2665'], id: '2665', detail: { text: '♥' } }
    expect(await controller().post(body)).toEqual({ status: 'OK', updates: 2, details: 1, workers: 1 })
    expect(await counted('accepted')).toBe(1)
  })

  it('refuses a bad body by its reason, and takes nothing of it', async () => {
    bus.on('scores.received', () => expect.fail('nothing may be emitted'))
    const answer = controller().post({ updates: ['1F602', ''] })
    await expect(answer).rejects.toThrow(new BadRequestException('updates[1] is empty'))
    expect(await counted('invalid')).toBe(1)
    expect(await counted('accepted')).toBe(0)
  })

  it('refuses everything while the node drains', async () => {
    const draining = controller()
    bus.emit('node.draining', {})
    await expect(draining.post({ updates: ['1F602'] })).rejects.toThrow(ServiceUnavailableException)
    expect(await counted('draining')).toBe(1)
  })

  it('does not say that all is well where no worker has answered', async () => {
    let answer: (message: unknown) => void = () => undefined
    const hung = new Relay({
      onMessage: (handler) => {
        answer = handler
      },
      post: (message) => {
        if (message.kind === 'ask') answer({ kind: 'answers', id: message.id, values: [] })
      },
    })
    await expect(controller(hung).post({ updates: ['1F602'] })).rejects.toThrow('no worker has taken it within 2 s')
    expect(await counted('unreached')).toBe(1)
  })
})
