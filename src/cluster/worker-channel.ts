import type { RelayChannel } from '../common/relay/relay.js'

/** This worker's channel to its primary. */
export const workerChannel: RelayChannel = {
  post(message) {
    if (process.connected) process.send?.(message)
  },
  onMessage(handler) {
    process.on('message', handler)
  },
}
