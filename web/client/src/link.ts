import type { Connection, ConnectionListener } from './connection.js'
import { delayMs, MAX_REFUSED_MS } from './delay.js'
import { Handover } from './handover.js'
import type { StreamEnd, StreamListener } from './stream.js'

/** Opens a stream of these namespaces. */
export type OpenStream = (namespaces: readonly string[], listener: StreamListener) => { close(): void }

/** A stream that stayed open for this time did not fail. */
const LASTING_MS = 5000
/** The longest time in which two streams are open. */
const HANDOVER_MS = 2000

interface Attempt {
  readonly namespaces: readonly string[]
  /** The hand-over from the stream before; null if there is none. */
  handover: Handover | null
  close(): void
  openedAtMs: number | null
}

/** A connection to the server that reconnects by itself. A change of namespaces opens another stream before it closes the old one. */
export class Link implements Connection {
  readonly #openStream: OpenStream
  readonly #listener: ConnectionListener
  #wanted: readonly string[] = []
  /** The stream that is open. */
  #current: Attempt | null = null
  /** The stream that will replace the open one, or that will be the first. */
  #next: Attempt | null = null
  #handoverTimer: ReturnType<typeof setTimeout> | undefined
  #retryTimer: ReturnType<typeof setTimeout> | undefined
  #waitsUntilMs = 0
  #failures = 0
  #refusals = 0
  /** The namespaces that the server has refused. The link asks for them again after a while. */
  #refused: readonly string[] = []
  #runs: Record<string, number> = {}

  constructor(openStream: OpenStream, listener: ConnectionListener) {
    this.#openStream = openStream
    this.#listener = listener
    globalThis.addEventListener?.('online', this.#retry)
  }

  want(namespaces: readonly string[]): void {
    this.#wanted = namespaces
    this.#refusals = 0
    if (namespaces.length > 0) this.#adjust()
    else {
      this.#drop()
      this.#listener.onState({ name: 'connecting' })
    }
  }

  close(): void {
    globalThis.removeEventListener?.('online', this.#retry)
    this.#drop()
  }

  readonly #retry = () => {
    this.#waitsUntilMs = 0
    this.#refused = []
    this.#adjust()
  }

  /**
   * Opens another stream if the wanted namespaces are not those of the present one. A wait or a hand-over under way ends first. The timer
   * of a wait may be a minute late in a hidden tab; in that case the wait ends here, when another tab asks for namespaces.
   */
  #adjust(): void {
    const latest = this.#next ?? this.#current
    const namespaces = this.#wanted.filter((namespace) => !this.#refused.includes(namespace))
    if (performance.now() < this.#waitsUntilMs || isOpen(this.#next)) return
    if (namespaces.length === 0) {
      // All wanted namespaces are refused, so the open stream is not wanted.
      this.#current?.close()
      this.#current = null
      return
    }
    if (latest?.namespaces.join('\n') === namespaces.join('\n')) return
    this.#next?.close()
    this.#start(namespaces)
  }

  #start(namespaces: readonly string[]): void {
    const current = this.#current
    if (current === null) this.#listener.onState({ name: 'connecting' })
    const stream = this.#openStream(namespaces, {
      onOpen: () => this.#opened(attempt),
      onFrame: (event, data) => this.#take(attempt, event, data),
      onEnd: (end) => this.#ended(attempt, end),
    })
    const shared = namespaces.filter((namespace) => current?.namespaces.includes(namespace))
    const handover = new Handover(shared, {
      onFrame: (event, data) => this.#give(attempt, event, data),
      onBreak: (namespace) => this.#renew(namespace),
    })
    const attempt: Attempt = { namespaces, handover: current && handover, close: () => stream.close(), openedAtMs: null }
    this.#next = attempt
  }

  #opened(attempt: Attempt): void {
    attempt.openedAtMs = performance.now()
    const kept = this.#current === null ? {} : this.#runs
    this.#runs = Object.fromEntries(attempt.namespaces.map((namespace) => [namespace, kept[namespace] ?? Math.random()]))
    this.#tellOpen()
    this.#handoverTimer = setTimeout(() => this.#finish(), HANDOVER_MS)
    this.#replace()
  }

  #take(attempt: Attempt, event: string, data: string): void {
    if (attempt.handover === null) this.#give(attempt, event, data)
    else attempt.handover.takeNext(event, data)
    this.#replace()
  }

  /** Passes on a frame that this stream has brought first. */
  #give(attempt: Attempt, event: string, data: string): void {
    if (attempt === this.#current && this.#next?.handover) this.#next.handover.takeOld(event, data)
    else this.#listener.onFrame(event, data)
  }

  #finish(): void {
    this.#next?.handover?.finish()
    this.#replace()
  }

  /** Replaces the old stream by the new one when the hand-over is done. */
  #replace(): void {
    if (!isOpen(this.#next) || this.#next?.handover?.isDone === false) return
    clearTimeout(this.#handoverTimer)
    this.#current?.close()
    this.#current = this.#next
    this.#next = null
    this.#adjust()
  }

  #ended(attempt: Attempt, end: StreamEnd): void {
    if (attempt === this.#current) {
      this.#current = null
      if (isOpen(this.#next)) this.#finish()
      else if (this.#next === null) this.#wait(attempt, end)
      else {
        this.#next.handover = null
        this.#listener.onState({ name: 'connecting' })
      }
    } else {
      // Some namespaces may have moved to the stream that is gone.
      if (isOpen(attempt)) this.#drop()
      this.#next = null
      this.#wait(attempt, end)
    }
  }

  /** Tries again after a delay. Until then the link continues without the namespaces that the server refuses. */
  #wait({ namespaces, openedAtMs }: Attempt, end: StreamEnd): void {
    const { refused = [], status } = end
    if (openedAtMs !== null && performance.now() - openedAtMs > LASTING_MS) this.#failures = 0
    const isRefused = namespaces.some((namespace) => refused.includes(namespace))
    const ms = isRefused ? delayMs(end, ++this.#refusals, Math.random(), MAX_REFUSED_MS) : delayMs(end, ++this.#failures, Math.random())
    clearTimeout(this.#retryTimer)
    this.#retryTimer = setTimeout(this.#retry, ms)
    // Only the refused namespaces wait.
    if (isRefused) this.#refused = [...this.#refused, ...refused]
    else this.#waitsUntilMs = performance.now() + ms
    this.#adjust()
    if (this.#current !== null) this.#tellOpen()
    else if (this.#next === null) this.#listener.onState({ name: 'waiting', delayMs: ms, status })
  }

  #renew(namespace: string): void {
    this.#runs = { ...this.#runs, [namespace]: Math.random() }
    this.#tellOpen()
  }

  #tellOpen(): void {
    this.#listener.onState({ name: 'open', runs: this.#runs, refused: this.#refused })
  }

  /** Closes both streams and clears all timers. */
  #drop(): void {
    clearTimeout(this.#handoverTimer)
    clearTimeout(this.#retryTimer)
    this.#refused = []
    this.#waitsUntilMs = 0
    this.#current?.close()
    this.#next?.close()
    this.#current = null
    this.#next = null
  }
}

const isOpen = (attempt: Attempt | null) => attempt !== null && attempt.openedAtMs !== null
