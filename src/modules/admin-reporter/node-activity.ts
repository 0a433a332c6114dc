import { Injectable, type OnModuleInit } from '@nestjs/common'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { kindsOf, type NamespaceKind } from '../../common/sse/namespace-kind.js'

/** What the bus tells of this node since its start, as reports sum it up. */
@Injectable()
export class NodeActivity implements OnModuleInit {
  /** Score updates taken in. */
  updates = 0
  /** Open streams by kind of namespace. */
  readonly streams: Record<NamespaceKind, number> = { eps: 0, raw: 0, details: 0, kiosk_interaction: 0 }
  isDraining = false
  /** Reports that did not get into Redis. */
  reportFailures = 0

  constructor(private readonly bus: EventBus) {}

  onModuleInit(): void {
    const { bus, streams } = this
    bus.on('scores.received', ({ ids }) => {
      this.updates += ids.length
    })
    bus.on('subscriber.opened', ({ namespaces }) => {
      for (const kind of kindsOf(namespaces)) streams[kind]++
    })
    bus.on('subscriber.closed', ({ namespaces }) => {
      for (const kind of kindsOf(namespaces)) streams[kind]--
    })
    bus.on('report.failed', ({ report }) => {
      if (report === 'admin') this.reportFailures++
    })
    bus.on('node.draining', () => {
      this.isDraining = true
    })
  }
}
