import { alignment } from './alignment.js'
import { carries } from './carries.js'

/** So many equal frames in a row show that two streams are at the same point. */
const LEAST = 3
/** Frames that are kept of a namespace, from either stream. */
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
 * Moves namespaces from one stream to its successor without losing or doubling frames, each namespace as soon as it can. Frames of eps have no
 * ids, but a server sends both streams the same frames in the same order: where the ones of the new stream begin in those of the old one shows what
 * they have in common. Until then the old stream's count. Where no such place is found (another node, a slow stream, frames that are all alike), it
 * says so.
 */
export class Handover {
  readonly #shared: readonly string[]
  readonly #listener: HandoverListener
  /** What has come, by the shared namespaces that haven't moved. */
  readonly #lanes = new Map<string, Lane>()
  /** Frames that the old stream has brought, and the new one will bring. */
  readonly #doubles = new Map<string, string[]>()

  /** Begin when the new stream is asked for: it may start at any moment from then on. */
  constructor(shared: readonly string[], listener: HandoverListener) {
    this.#shared = shared
    this.#listener = listener
    for (const namespace of shared) this.#lanes.set(namespace, { old: [], next: [] })
  }

  /** Nothing is needed from the old stream any more. */
  get isDone(): boolean {
    return this.#lanes.size === 0
  }

  takeOld(event: string, data: string): void {
    const [namespace, lane] = this.#laneOf(event)
    // The new stream brings it, or nobody wants it any more.
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

  /** Moves all that haven't moved: the time is over, or the old stream is. */
  finish(): void {
    for (const [namespace, { old, next }] of this.#lanes) {
      // While the old one is silent, the new one has nothing that it has brought.
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
    // Both streams have come as far as this. What is still silent on the old one has nothing under way.
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

/** One string for a frame, to compare it by. */
const join = (...frame: Frame) => JSON.stringify(frame)
