import type { Outlet, OutletListener, WriteOutcome } from '../../src/modules/stream-gateway/transport/outlet.js'

/** An outlet that accepts every frame at once. The rest is the cost of the loop around it. */
export class TakingOutlet implements Outlet {
  static taken = 0
  listener: OutletListener = { onWritten: () => undefined, onDrained: () => undefined, onClosed: () => undefined }
  readonly queuedBytes = 0
  readonly isFramedByNode = false
  readonly isSilent = false

  write(bytes: Buffer): WriteOutcome {
    TakingOutlet.taken += bytes.length
    return 'sent'
  }

  post(bytes: Buffer): void {
    TakingOutlet.taken += bytes.length
  }

  end(): void {
    // No connection to end.
  }

  destroy(): void {
    // No connection to destroy.
  }
}
