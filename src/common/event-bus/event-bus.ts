import { FLUSH_PERIOD_MS } from '../core/flush-schedule.js'
import type { AppEvents } from './app-events.js'

type EventName = keyof AppEvents
type Handler<Name extends EventName> = (payload: AppEvents[Name]) => void

/**
 * The way in which modules communicate: synchronous, typed, in the order of registration. An error in a handler is reported and counted,
 * and the other handlers still run (Node's EventEmitter would skip them, docs/decisions/0002-own-event-bus.md). Listen in `onModuleInit`;
 * emit from `onApplicationBootstrap` on.
 */
export class EventBus {
  /** The number of handler calls that failed. */
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
        // `on` is the only writer and pairs each name with handlers of its payload; a Map's type can't express that.
        handler(payload as never)
      } catch (error) {
        this.fail(event, error)
      }
    }
  }

  /** Counts and reports the failure of a handler. */
  fail(event: string, error: unknown): void {
    this.failures++
    this.onFailure(event, error)
  }

  private of(event: EventName): readonly Handler<never>[] {
    return this.handlers.get(event) ?? []
  }
}

/** A handler of a plug-in. The bus doesn't await an async one. */
export type PluginHandler<Name extends keyof AppEvents> = (payload: AppEvents[Name]) => void | Promise<void>

/** A handler call that took longer than a flush period and so delayed every stream. `handler` is the place of its registration. */
export interface SlowHandler {
  readonly event: string
  readonly handler: string
  readonly tookMs: number
}

/** The bus of a PluginBus without an application, in a test: errors reach the caller of `emit`. */
const throwingBus = () =>
  new EventBus((_event, error) => {
    throw error
  })

/**
 * The event bus for plug-ins. It logs and counts errors of their handlers, those of async handlers included, and warns of a handler that
 * takes longer than a flush period. The server's own handlers are not measured, and cost nothing more. Listen in `onModuleInit`; emit
 * from `onApplicationBootstrap` on. In a test, `new EventBus()` makes a bus on which `emit` throws the errors of handlers.
 */
export class PluginBus {
  constructor(
    private readonly bus: EventBus = throwingBus(),
    private readonly onSlow: (slow: SlowHandler) => void = () => undefined,
  ) {}

  /** Adds a handler; returns the function that removes it. */
  on<Name extends keyof AppEvents>(event: Name, handler: PluginHandler<Name>): () => void {
    // V8 formats the stack only when it is read.
    const registration = new Error()
    return this.bus.on(event, (payload) => {
      const startMs = performance.now()
      try {
        const pending: unknown = handler(payload)
        if (isThenable(pending)) pending.then(undefined, (error: unknown) => this.bus.fail(event, error))
      } finally {
        const tookMs = performance.now() - startMs
        if (tookMs > FLUSH_PERIOD_MS) this.onSlow({ event, handler: callerOf(registration), tookMs: Math.round(tookMs) })
      }
    })
  }

  /** Calls all handlers, in the order of registration. */
  emit<Name extends keyof AppEvents>(event: Name, payload: AppEvents[Name]): void {
    this.bus.emit(event, payload)
  }
}

/** True for promises, those of other realms and libraries included. */
const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'

/**
 * The caller of the method that made this error: the second line of its stack, such as `Trending.onModuleInit
 * (file:///trending.js:12:14)`.
 */
function callerOf({ stack = '' }: Error): string {
  const [, , caller = ''] = stack.split('\n')
  return caller.trim().replace(/^at /, '')
}
