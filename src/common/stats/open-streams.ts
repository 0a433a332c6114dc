import { kindsOf, NAMESPACE_KINDS } from '../core/namespace.js'
import type { EventBus } from '../event-bus/event-bus.js'

/** How many open streams hold namespaces of each kind, counted from the bus. A multiplexed one counts once in each kind that it holds. */
export class OpenStreams {
  private readonly open = new Map<string, number>(NAMESPACE_KINDS.map((kind) => [kind, 0]))

  /** By kind. */
  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.open)
  }

  /** @param plugInNamespaces kinds that are told of before anybody subscribes */
  listen(bus: EventBus, plugInNamespaces: readonly string[] = []): void {
    for (const namespace of plugInNamespaces) this.open.set(namespace, 0)
    bus.on('subscriber.opened', ({ namespaces }) => this.add(namespaces, 1))
    bus.on('subscriber.closed', ({ namespaces }) => this.add(namespaces, -1))
  }

  private add(namespaces: readonly string[], change: 1 | -1): void {
    for (const kind of kindsOf(namespaces)) this.open.set(kind, (this.open.get(kind) ?? 0) + change)
  }
}
