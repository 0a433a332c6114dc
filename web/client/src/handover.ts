import { alignment } from './alignment.js'
import { carries } from './carries.js'

/** The number of equal frames in a row that shows that two streams are at the same point. */
const LEAST = 3
/** The most frames that are kept of a namespace, for each stream. */
const MAX = 256

type Frame = [event: string, data: string]

interface Lane {
  readonly old: string[]
  readonly next: string[]
}

export interface HandoverListener {
  onFrame(event: string, data: string): void
  /** Frames of this namespace may be missing, or have come twice. */
  onBreak(namespace: string): void
}

/**
 * Moves namespaces from one stream to its successor without losing or doubling frames, each namespace as soon as possible. Frames of eps
 * have no ids, but a server sends both streams the same frames in the same order: the place in the frames of the old stream at which those
 * of the new one begin shows the frames that both have. Until that place is found, the frames of the old stream count. If there is none
 * (another node, a slow stream, frames that are all equal), the listener gets a break.
 */
export class Handover {
  readonly #shared: readonly string[]
  readonly #listener: HandoverListener
  /** The frames so far of each shared namespace that has not moved. */
  readonly #lanes = new Map<string, Lane>()
  /** The frames that the old stream has brought and the new one still has to bring. */
  readonly #doubles = new Map<string, string[]>()

  /** The hand-over begins with the request for the new stream, which may start at any time from then on. */
  constructor(shared: readonly string[], listener: HandoverListener) {
    this.#shared = shared
    this.#listener = listener
    for (const namespace of shared) this.#lanes.set(namespace, { old: [], next: [] })
  }

  /** True when all namespaces have moved, so that the old stream can be closed. */
  get isDone(): boolean {
    return this.#lanes.size === 0
  }

  takeOld(event: string, data: string): void {
    const [namespace, lane] = this.#laneOf(event)
    // The new stream brings this frame, or its namespace is no longer wanted.
    if (lane === undefined) return
    this.#listener.onFrame(event, data)
    lane.old.push(join(event, data))
    if (lane.old.length > MAX) lane.old.shift()
    this.#align(namespace, lane)
  }

  takeNext(event: string, data: string): void {
    const [namespace, lane] = this.#laneOf(event)
    if (lane === undefined) this.#pass(namespace, event, data)
    else {
      lane.next.push(join(event, data))
      this.#align(namespace, lane)
      if (lane.next.length > MAX) this.finish()
    }
  }

  /** Moves all remaining namespaces, at the end of the time for it or of the old stream. */
  finish(): void {
    for (const [namespace, { old, next }] of this.#lanes) {
      // The old stream was silent, so the new one repeats no frame.
      this.#move(namespace, old.length === 0 ? 0 : alignment(old, next, 1))
      if (this.#lanes.delete(namespace)) this.#listener.onBreak(namespace)
    }
  }

  #laneOf(event: string) {
    const namespace = this.#shared.find((each) => carries(each, event)) ?? ''
    return [namespace, this.#lanes.get(namespace)] as const
  }

  #align(namespace: string, { old, next }: Lane): void {
    const start = alignment(old, next, LEAST)
    if (start === null) return
    this.#move(namespace, start)
    // Both streams are at the same point, so a namespace that is silent on the old one has no frame under way.
    for (const [other, lane] of this.#lanes) if (lane.old.length === 0) this.#move(other, 0)
  }

  #move(namespace: string, start: number | null): void {
    const lane = this.#lanes.get(namespace)
    if (start === null || lane === undefined) return
    this.#lanes.delete(namespace)
    const common = lane.old.slice(start)
    this.#doubles.set(namespace, common.slice(lane.next.length))
    for (const frame of lane.next.slice(common.length)) {
      const [event, data]: Frame = JSON.parse(frame)
      this.#listener.onFrame(event, data)
    }
  }

  #pass(namespace: string, event: string, data: string): void {
    const expected = this.#doubles.get(namespace)?.shift()
    if (expected === join(event, data)) return
    this.#listener.onFrame(event, data)
    if (expected === undefined) return
    this.#doubles.delete(namespace)
    this.#listener.onBreak(namespace)
  }
}

/** A frame as one string, for comparisons. */
const join = (...frame: Frame) => JSON.stringify(frame)
