import type { AppEvents } from './app-events.js'
import { EventBus } from './event-bus.js'

/** A plug-in's handler; the promise of an async one is not waited for. */
export type PlugInHandler<Name extends keyof AppEvents> = (payload: AppEvents[Name]) => void | Promise<void>

/**
 * The event bus as plug-ins have it: what a handler of theirs does wrong is logged and counted, also when it is async, and one that holds up the streams
 * for longer than a period of the flush is named in a warning. Listen in `onModuleInit`; emit from `onApplicationBootstrap` on.
 */
export class PlugInBus {
  /** @param bus default: one of its own, for tests, where what a handler throws comes out of `emit` */
  constructor(
    private readonly bus = new EventBus((_event, error) => {
      throw error
    }),
  ) {}

  /** Adds a handler; returns the function that removes it. */
  on<Name extends keyof AppEvents>(event: Name, handler: PlugInHandler<Name>): () => void {
    return this.bus.on(event, handler)
  }

  /** Calls all handlers, in the order of registration. */
  emit<Name extends keyof AppEvents>(event: Name, payload: AppEvents[Name]): void {
    this.bus.emit(event, payload)
  }
}
