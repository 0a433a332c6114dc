import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { Injectable } from '@nestjs/common'
import { AppConfig } from '../config/app-config.js'
import { presentedToken } from './presented-token.js'

/** `open`: come in. `ask`: the token is missing or wrong. `closed`: nobody may, for this node has no token to ask for. */
export type Admission = 'open' | 'ask' | 'closed'

/** Who may see what is not for the public: the cluster, the metrics, addresses and user agents. */
@Injectable()
export class AdminAccess {
  private readonly digest: Buffer | null
  private readonly withoutToken: Admission

  constructor({ admin, isProtected }: AppConfig) {
    this.digest = admin.token === undefined ? null : digestOf(admin.token)
    this.withoutToken = isProtected && !admin.isPublic ? 'closed' : 'open'
  }

  admit({ headers }: { readonly headers: IncomingHttpHeaders }): Admission {
    if (this.digest === null) return this.withoutToken
    const presented = presentedToken(headers.authorization)
    return presented !== null && timingSafeEqual(digestOf(presented), this.digest) ? 'open' : 'ask'
  }

  isAuthorised(request: { readonly headers: IncomingHttpHeaders }): boolean {
    return this.admit(request) === 'open'
  }
}

/** Of one length whatever came in, so that the time of a comparison tells nothing of the token. */
const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest()
