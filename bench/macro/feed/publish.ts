/** The command PUBLISH (https://redis.io/docs/latest/develop/reference/protocol-spec/). Channel and message are ASCII. */
export const encodePublish = (channel: string, message: string): string =>
  `*3\r\n$7\r\nPUBLISH\r\n$${channel.length}\r\n${channel}\r\n$${message.length}\r\n${message}\r\n`

const SCORE_KEY = 'emojitrack_score'
/** Raises a score and publishes its id, as docs/publishing.md has it, and returns the number of receivers. */
const RAISE = `redis.call('ZINCRBY',KEYS[1],1,ARGV[1]) return redis.call('PUBLISH','stream.score_updates',ARGV[1])`

/** The command EVAL of an update that moves score and message in one step. Its reply is that of PUBLISH. */
export const encodeRaise = (id: string): string =>
  `*5\r\n$4\r\nEVAL\r\n$${RAISE.length}\r\n${RAISE}\r\n$1\r\n1\r\n$${SCORE_KEY.length}\r\n${SCORE_KEY}\r\n$${id.length}\r\n${id}\r\n`

/** The command ZADD for scores that exist before the first update. */
export const encodeScores = (scores: ReadonlyMap<string, number>): string =>
  `ZADD ${SCORE_KEY} ${[...scores].map(([id, score]) => `${score} ${id}`).join(' ')}\r\n`

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
