import type { RelayLink, RelayMessage } from '../common/relay/relay.js'

/** The part of a process that is one end of an IPC connection. */
export interface IpcEnd {
  readonly connected: boolean
  send?(message: RelayMessage, handle: undefined, options: undefined, callback: () => void): boolean
  on(event: 'message', handler: (message: unknown) => void): unknown
}

/** A link over the IPC connection that Node opened. */
export const linkOver = (end: IpcEnd): RelayLink => ({
  post(message) {
    // Without a callback Node emits `error` if the primary has just died, which would end this worker before it has drained.
    if (end.connected) end.send?.(message, undefined, undefined, () => undefined)
  },
  onMessage(handler) {
    end.on('message', handler)
  },
})

/** This worker's link to its primary. */
export const primaryLink: RelayLink = linkOver(process)

/**
 * The message that makes a worker shut down. It is no signal, because a terminal sends signals to the whole process group and a second
 * one means "at once".
 */
export const STOP = 'stop'
