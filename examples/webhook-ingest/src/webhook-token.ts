import { createHash, timingSafeEqual } from 'node:crypto'
import { AppError } from 'emojitrack-streamer/plugin'

/** The secret that allows a client to post. */
export class WebhookToken {
  private readonly digest: Buffer

  /** @throws AppError ERR_WEBHOOK_TOKEN if the token is missing or too short: any client could post. */
  constructor(token: string | undefined) {
    if (token === undefined || !/^[\x21-\x7e]{16,}$/.test(token)) {
      throw new AppError(
        'ERR_WEBHOOK_TOKEN',
        'WEBHOOK_TOKEN must be set, to at least 16 visible ASCII characters without spaces (such as `openssl rand -hex 32` makes)',
      )
    }
    this.digest = digestOf(token)
  }

  /** True if an Authorization header holds the token as a bearer token. */
  isIn(authorization: string | undefined): boolean {
    const [, token] = /^bearer +(\S+) *$/i.exec(authorization ?? '') ?? []
    return token !== undefined && timingSafeEqual(digestOf(token), this.digest)
  }
}

/** Digests have one length, so that the duration of a comparison reveals nothing about the token. */
const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest()
