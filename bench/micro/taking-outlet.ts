import type { Outlet, WriteOutcome } from '../../src/modules/stream-gateway/transport/outlet.js'

/** An outlet that always takes everything, at once: what is left is the cost of the loop around it. */
export class TakingOutlet implements Outlet {
  static taken = 0
  readonly queuedBytes = 0

  write(bytes: Buffer): WriteOutcome {
    TakingOutlet.taken += bytes.length
    return 'sent'
  }

  post(bytes: Buffer): void {
    TakingOutlet.taken += bytes.length
  }

  whenDrained(): void {
    // Nothing ever waits.
  }

  end(): void {
    // No connection to end.
  }

  destroy(): void {
    // Likewise.
  }
}
