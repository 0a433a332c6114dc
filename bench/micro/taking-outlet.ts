import type { Outlet, WriteOutcome } from '../../src/modules/stream-gateway/transport/outlet.js'

/** An outlet that accepts every frame at once. The rest is the cost of the loop around it. */
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
    // No frame ever waits.
  }

  end(): void {
    // No connection to end.
  }

  destroy(): void {
    // No connection to destroy.
  }
}
