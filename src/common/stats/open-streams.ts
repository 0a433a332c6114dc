import type { EventBus } from '../event-bus/event-bus.js'
import { kindsOf, type NamespaceKind } from '../sse/namespace-kind.js'

/** How many open streams hold namespaces of each kind, counted from the bus. A multiplexed one counts once in each kind that it holds. */
export class OpenStreams {
  readonly counts: Record<NamespaceKind, number> = { eps: 0, raw: 0, details: 0, kiosk_interaction: 0 }

  listen(bus: EventBus): void {
    bus.on('subscriber.opened', ({ namespaces }) => this.add(namespaces, 1))
    bus.on('subscriber.closed', ({ namespaces }) => this.add(namespaces, -1))
  }

  private add(namespaces: readonly string[], change: 1 | -1): void {
    for (const kind of kindsOf(namespaces)) this.counts[kind] += change
  }
}
