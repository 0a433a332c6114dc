/**
 * Where something of a plug-in's may fail, beside its handlers of events: in a timer, a request, a promise that nobody handles, a check, a metric, a
 * question of the relay.
 */
export type FailureKind = 'timer' | 'request' | 'promise' | 'check' | 'metric' | 'question'

/** Counts what failed and was caught, so that the streams went on. */
export class Failures {
  readonly counts = new Map<FailureKind, number>([
    ['timer', 0],
    ['request', 0],
    ['promise', 0],
    ['check', 0],
    ['metric', 0],
    ['question', 0],
  ])

  count(kind: FailureKind): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
  }
}
