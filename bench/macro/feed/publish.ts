/** The command PUBLISH (https://redis.io/docs/latest/develop/reference/protocol-spec/). Channel and message are ASCII. */
export const encodePublish = (channel: string, message: string): string =>
  `*3\r\n$7\r\nPUBLISH\r\n$${channel.length}\r\n${channel}\r\n$${message.length}\r\n${message}\r\n`

const LF = 0x0a
const MINUS = 0x2d
const ZERO = 0x30
const NINE = 0x39

/** Reads the replies to PUBLISH, `:<receivers>` each. */
export class PublishReplies {
  count = 0
  /** The number of messages that had no receiver. */
  unheard = 0
  private receivers = 0

  /** @throws Error for an error reply */
  push(bytes: Buffer): void {
    for (const byte of bytes) {
      if (byte === LF) {
        this.count++
        if (this.receivers === 0) this.unheard++
        this.receivers = 0
      } else if (byte >= ZERO && byte <= NINE) this.receivers = this.receivers * 10 + byte - ZERO
      else if (byte === MINUS) throw new Error(`Redis: ${bytes.toString()}`)
    }
  }
}
