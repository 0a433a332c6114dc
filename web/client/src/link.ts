import type { Connection, ConnectionListener } from './connection.js'
import { delayMs } from './delay.js'
import { Handover } from './handover.js'
import type { StreamEnd, StreamListener } from './stream.js'

/** Opens a stream of these namespaces. */
export type OpenStream = (namespaces: readonly string[], listener: StreamListener) => { close(): void }

/** One that stayed open for so long did not fail. */
const LASTING_MS = 5000
/** The longest that two streams are open. */
const HANDOVER_MS = 2000

interface Attempt {
  readonly namespaces: readonly string[]
  /** How it takes over from the stream before it; null where there is none. */
  handover: Handover | null
  close(): void
  openedAtMs: number | null
}

/** A connection to the server that comes back by itself. Other namespaces need another stream, which is opened before the old one is closed. */
export class Link implements Connection {
  readonly #openStream: OpenStream
  readonly #listener: ConnectionListener
  #wanted: readonly string[] = []
  /** The stream that is open. */
  #current: Attempt | null = null
  /** The one that is to replace it, or that is to be the first. */
  #next: Attempt | null = null
  #handoverTimer: ReturnType<typeof setTimeout> | undefined
  #retryTimer: ReturnType<typeof setTimeout> | undefined
  #waitsUntilMs = 0
  #failures = 0
  #refusals = 0
  /** What the server has said that it doesn't have; it is asked again after a while. */
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
   * Sees to it that the wanted namespaces are those of the stream. A wait or a hand-over under way comes to its end first. The timer of a wait may
   * be late by a minute in a hidden tab; then it ends here, where another tab asks.
   */
  #adjust(): void {
    const latest = this.#next ?? this.#current
    const namespaces = this.#wanted.filter((namespace) => !this.#refused.includes(namespace))
    if (performance.now() < this.#waitsUntilMs || isOpen(this.#next)) return
    if (namespaces.length === 0) {
      // All is refused: nobody wants what there is.
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

  /** Hands on a frame that this stream has brought first. */
  #give(attempt: Attempt, event: string, data: string): void {
    if (attempt === this.#current && this.#next?.handover) this.#next.handover.takeOld(event, data)
    else this.#listener.onFrame(event, data)
  }

  #finish(): void {
    this.#next?.handover?.finish()
    this.#replace()
  }

  /** The new stream takes the place of the old one once that has nothing more to give. */
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
      // Some namespaces may have moved to the one that is gone.
      if (isOpen(attempt)) this.#drop()
      this.#next = null
      this.#wait(attempt, end)
    }
  }

  /** Tries again after a while; meanwhile goes on without what the server refuses. */
  #wait({ namespaces, openedAtMs }: Attempt, end: StreamEnd): void {
    const { refused = [], status } = end
    if (openedAtMs !== null && performance.now() - openedAtMs > LASTING_MS) this.#failures = 0
    const isRefused = namespaces.some((namespace) => refused.includes(namespace))
    const ms = delayMs(end, isRefused ? ++this.#refusals : ++this.#failures, Math.random())
    clearTimeout(this.#retryTimer)
    this.#retryTimer = setTimeout(this.#retry, ms)
    // What is refused waits alone.
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

  /** Ends whatever is open, under way or waited for. */
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
