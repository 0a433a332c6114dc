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

/** A plug-in's handler; the promise of an async one is not waited for. */
export type PluginHandler<Name extends keyof AppEvents> = (payload: AppEvents[Name]) => void | Promise<void>

/** A handler that took longer than one period of the flush, during which no stream got anything. `handler` says where it was registered. */
export interface SlowHandler {
  readonly event: string
  readonly handler: string
  readonly tookMs: number
}

/** One period of the flush. */
const SLOW_MS = 17

/** Without an application around it a failure is the test's. */
const aloneBus = () =>
  new EventBus((_event, error) => {
    throw error
  })

/**
 * The event bus as plug-ins have it: what a handler of theirs does wrong is logged and counted, also when it is async, and one that holds up the streams
 * for longer than a period of the flush is named in a warning. Only their handlers are watched; the server's own cost nothing more. Listen in
 * `onModuleInit`; emit from `onApplicationBootstrap` on. `new EventBus()` is one for a test, where what a handler throws comes out of `emit`.
 */
export class PluginBus {
  constructor(
    private readonly bus: EventBus = aloneBus(),
    private readonly onSlow: (slow: SlowHandler) => void = () => undefined,
  ) {}

  /** Adds a handler; returns the function that removes it. */
  on<Name extends keyof AppEvents>(event: Name, handler: PluginHandler<Name>): () => void {
    // Its stack is put into words when it is asked for.
    const registration = new Error()
    return this.bus.on(event, (payload) => {
      const startMs = performance.now()
      try {
        const pending = handler(payload)
        if (pending instanceof Promise) pending.catch((error: unknown) => this.bus.fail(event, error))
      } finally {
        const tookMs = performance.now() - startMs
        if (tookMs > SLOW_MS) this.onSlow({ event, handler: callerOf(registration), tookMs: Math.round(tookMs) })
      }
    })
  }

  /** Calls all handlers, in the order of registration. */
  emit<Name extends keyof AppEvents>(event: Name, payload: AppEvents[Name]): void {
    this.bus.emit(event, payload)
  }
}

/** Who called the method that made this error: the second line of its stack, such as `Trending.onModuleInit (file:///trending.js:12:14)`. */
function callerOf({ stack = '' }: Error): string {
  const [, , caller = ''] = stack.split('\n')
  return caller.trim().replace(/^at /, '')
}
