import type { ChildProcess } from 'node:child_process'
import { observeHandles } from '../common/platform/node-internals.js'
import { lengthOf, type RelayLink, type RelayMessage } from '../common/relay/relay.js'

/** The part of a process, or of a worker, that is one end of an IPC connection. */
export interface IpcEnd {
  readonly connected: boolean
  send?(message: IpcMessage, handle: undefined, options: undefined, callback: () => void): boolean
}

/** The end of a worker. */
export interface IpcWorkerEnd extends IpcEnd {
  on(event: 'message', handler: (message: unknown) => void): unknown
  on(event: 'disconnect', handler: () => void): unknown
}

/**
 * The message that makes a worker shut down. It is no signal, because a terminal sends signals to the whole process group and a second
 * one means "at once".
 */
export const STOP = 'stop'

/** The message by which a worker shows that its event loop turns. */
const BEAT = 'beat'
export const BEAT_MS = 1000

export type IpcMessage = RelayMessage | typeof STOP | typeof BEAT

/** The bounds of the messages that wait in this process until the kernel takes them: their number, and their characters. */
const MAX_UNTAKEN = 1024
const MAX_UNTAKEN_LENGTH = 4_194_304

/**
 * Sends messages over one IPC connection. It is busy while the process at the other end has left too many unread; the sender then keeps
 * its message, or does without an answer. What is posted to a busy or a closed outbox is discarded.
 */
export class Outbox {
  private untaken = 0
  private untakenLength = 0
  private wasBusy = false

  /** @param onTaken called when the kernel has taken all messages of an outbox that was busy */
  constructor(
    private readonly end: IpcEnd,
    private readonly onTaken: () => void = () => undefined,
  ) {}

  get isOpen(): boolean {
    return this.end.connected
  }

  get isBusy(): boolean {
    return this.untaken >= MAX_UNTAKEN || this.untakenLength >= MAX_UNTAKEN_LENGTH
  }

  post(message: IpcMessage): void {
    if (!this.isOpen || this.isBusy) return
    const length = lengthOf(message)
    this.untaken++
    this.untakenLength += length
    this.wasBusy ||= this.isBusy
    // Without a callback Node emits `error` if the other process has just died, which would end a worker before it has drained.
    this.end.send?.(message, undefined, undefined, () => this.take(length))
  }

  private take(length: number): void {
    this.untaken--
    this.untakenLength -= length
    if (this.untaken > 0 || !this.wasBusy) return
    this.wasBusy = false
    this.onTaken()
  }
}

/** A worker's link to its primary. */
export class PrimaryLink implements RelayLink {
  private readonly outbox: Outbox

  constructor(private readonly end: IpcWorkerEnd) {
    this.outbox = new Outbox(end)
  }

  get isOpen(): boolean {
    return this.outbox.isOpen
  }

  get isBusy(): boolean {
    return this.outbox.isBusy
  }

  post(message: RelayMessage): void {
    this.outbox.post(message)
  }

  onMessage(handler: (message: unknown) => void): void {
    this.end.on('message', handler)
  }

  onClose(handler: () => void): void {
    this.end.on('disconnect', handler)
  }

  /** Sends a beat every second until the process ends. (Nest clears the timers of the SchedulerRegistry before the worker has stopped.) */
  startBeats(): void {
    setInterval(() => this.outbox.post(BEAT), BEAT_MS).unref()
  }
}

/**
 * The connection that Node handed to a worker last. Node hands over one at a time, and doesn't close its own copy if the worker ends
 * before it accepts the connection: the client would wait until its own timeout.
 */
export class LastHandle {
  private last: unknown

  constructor(child: ChildProcess) {
    observeHandles(child, (handle) => {
      this.last = handle
    })
  }

  /** Call it on `exit` and on `disconnect` of the worker. It has no effect on an accepted connection: Node has closed that copy. */
  close(): void {
    const { last } = this
    if (typeof last === 'object' && last !== null && 'close' in last && typeof last.close === 'function') last.close()
  }
}
