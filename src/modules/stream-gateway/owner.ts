import type { Subscriber } from './subscriber.js'

/** Whose streams are meant: the one with this token, else those of this address. */
export interface Owner {
  readonly clientIp?: string
  readonly token?: string
}

export function isOwn({ request, token }: Subscriber, owner: Owner): boolean {
  if (owner.token !== undefined) return token === owner.token
  return owner.clientIp !== '' && request.clientIp === owner.clientIp && !request.hasSharedIp
}
