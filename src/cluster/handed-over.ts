import type { ChildProcess } from 'node:child_process'
import { observeHandles } from '../common/platform/node-internals.js'

/**
 * The connection that was handed last to a worker. Node hands them one at a time, and doesn't close its own copy when the worker dies
 * before it has taken it: that client would wait for ever.
 */
export class HandedOver {
  private last: unknown

  constructor(child: ChildProcess) {
    observeHandles(child, (handle) => {
      this.last = handle
    })
  }

  /**
   * To be called when the worker has gone, and when its channel has. Does nothing to a connection that was taken: Node has closed that
   * copy.
   */
  close(): void {
    const { last } = this
    if (typeof last === 'object' && last !== null && 'close' in last && typeof last.close === 'function') last.close()
  }
}
