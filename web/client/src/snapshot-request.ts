import type { OpenStream } from './stream.js'

/** Requests the totals of these namespaces, by a stream that lasts only for that. */
export function requestSnapshot(
  openStream: OpenStream,
  namespaces: readonly string[],
  onSnapshot: (data: string) => void,
  onEnd: () => void,
): { close(): void } {
  const stream = openStream(namespaces, '', {
    onOpen() {},
    onFrame: (event, data) => {
      if (event !== 'snapshot') return
      stream.close()
      onSnapshot(data)
    },
    onEnd,
  })
  return stream
}
