import type { AppEvents } from './app-events.js'

type EventName = keyof AppEvents
type Handler<Name extends EventName> = (payload: AppEvents[Name]) => void

/**
 * How modules talk: synchronous, typed, in the order of registration. A handler that throws is reported and counted, and the others still run
 * (Node's EventEmitter would skip them, docs/decisions/0002-own-event-bus.md). Listen in `onModuleInit`; emit from `onApplicationBootstrap` on.
 */
export class EventBus {
  /** How many handler calls have thrown. */
  failures = 0
  private readonly handlers = new Map<EventName, readonly Handler<never>[]>()

  constructor(private readonly onFailure: (event: string, error: unknown) => void) {}

  /** Adds a handler; returns the function that removes it. */
  on<Name extends EventName>(event: Name, handler: Handler<Name>): () => void {
    this.handlers.set(event, [...this.of(event), handler])
    return () =>
      this.handlers.set(
        event,
        this.of(event).filter((each) => each !== handler),
      )
  }

  emit<Name extends EventName>(event: Name, payload: AppEvents[Name]): void {
    for (const handler of this.of(event)) {
      try {
        // `on` is the only writer and pairs each name with handlers of its payload, which a Map's type can't say.
        handler(payload as never)
      } catch (error) {
        this.fail(event, error)
      }
    }
  }

  /** Counts and reports a handler that has failed. */
  fail(event: string, error: unknown): void {
    this.failures++
    this.onFailure(event, error)
  }

  private of(event: EventName): readonly Handler<never>[] {
    return this.handlers.get(event) ?? []
  }
}
