import type { RelayLink } from '../common/relay/relay.js'

/** This worker's channel to its primary. */
export const primaryLink: RelayLink = {
  post(message) {
    if (process.connected) process.send?.(message)
  },
  onMessage(handler) {
    process.on('message', handler)
  },
}

/**
 * Tells a worker to stop. By message and not by signal: a terminal sends its signals to the whole group, and a second one means "at once".
 */
export const STOP = 'stop'

/** The exit code of a process that was told twice to stop: as a shell reports one that was ended by SIGINT. */
export const EXIT_SECOND_SIGNAL = 130
