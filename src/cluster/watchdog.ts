import { BEAT_MS } from './ipc.js'

/** A worker has this many times the watchdog's timeout until it listens: its plug-ins load, and connect to what they need. */
const START_FACTOR = 6

interface Watched {
  isListening: boolean
  /** The number of checks since its start or its last message. */
  silentChecks: number
}

/**
 * Finds workers that hang: those that have listened and send no message for `timeoutMs` or longer, beats included, and those that don't
 * listen within six times that. It counts its own checks, not the clock: after a pause of the primary or of the machine, no worker has
 * had a chance to send.
 */
export class Watchdog<Worker> {
  private readonly watched = new Map<Worker, Watched>()

  /**
   * @param timeoutMs Infinity switches the watchdog off
   * @param onHang called for each worker that hangs, which is then no longer watched
   */
  constructor(
    private readonly timeoutMs: number,
    private readonly onHang: (worker: Worker, silentMs: number) => void,
  ) {}

  add(worker: Worker): void {
    this.watched.set(worker, { isListening: false, silentChecks: 0 })
  }

  remove(worker: Worker): void {
    this.watched.delete(worker)
  }

  /** The worker listens, and sends beats from now on. */
  listens(worker: Worker): void {
    const state = this.watched.get(worker)
    if (state === undefined) return
    state.isListening = true
    state.silentChecks = 0
  }

  /** A message of the worker has come. One that starts may send some, and yet never listen. */
  onMessage(worker: Worker): void {
    const state = this.watched.get(worker)
    if (state?.isListening === true) state.silentChecks = 0
  }

  /** Looks at all workers; call it every `BEAT_MS`. */
  check(): void {
    for (const [worker, state] of this.watched) {
      const silentMs = ++state.silentChecks * BEAT_MS
      if (silentMs <= (state.isListening ? this.timeoutMs : this.timeoutMs * START_FACTOR)) continue
      this.watched.delete(worker)
      this.onHang(worker, silentMs)
    }
  }
}
