import { createHash, timingSafeEqual } from 'node:crypto'
import { AppError } from 'emojitrack-streamer/plugin'

/** The secret that those who may post have. */
export class WebhookToken {
  private readonly digest: Buffer

  /** @throws AppError ERR_WEBHOOK_TOKEN where it is missing or can be guessed: without it anybody could post. */
  constructor(token: string | undefined) {
    if (token === undefined || !/^[\x21-\x7e]{16,}$/.test(token)) {
      throw new AppError(
        'ERR_WEBHOOK_TOKEN',
        'WEBHOOK_TOKEN must be set, to at least 16 visible ASCII characters without spaces (such as `openssl rand -hex 32` makes)',
      )
    }
    this.digest = digestOf(token)
  }

  /** Whether an Authorization header presents the token, as a bearer token. */
  isIn(authorization: string | undefined): boolean {
    const [, token] = /^bearer +(\S+) *$/i.exec(authorization ?? '') ?? []
    return token !== undefined && timingSafeEqual(digestOf(token), this.digest)
  }
}

/** Of one length whatever came in, so that the time of a comparison tells nothing of the token. */
const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest()
