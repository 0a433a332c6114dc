import type { RelayLink } from '../common/relay/relay.js'

/** This worker's link to its primary: the IPC channel that Node opened. */
export const primaryLink: RelayLink = {
  post(message) {
    if (process.connected) process.send?.(message)
  },
  onMessage(handler) {
    process.on('message', handler)
  },
}

/**
 * The message that makes a worker shut down. It is no signal, because a terminal sends signals to the whole process group and a second
 * one means "at once".
 */
export const STOP = 'stop'
