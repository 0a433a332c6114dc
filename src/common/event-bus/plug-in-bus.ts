import type { AppEvents } from './app-events.js'
import { EventBus } from './event-bus.js'

/** A plug-in's handler; the promise of an async one is not waited for. */
export type PlugInHandler<Name extends keyof AppEvents> = (payload: AppEvents[Name]) => void | Promise<void>

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
export class PlugInBus {
  constructor(
    private readonly bus: EventBus = aloneBus(),
    private readonly onSlow: (slow: SlowHandler) => void = () => undefined,
  ) {}

  /** Adds a handler; returns the function that removes it. */
  on<Name extends keyof AppEvents>(event: Name, handler: PlugInHandler<Name>): () => void {
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
