const OPENING = /^:ok\n\nretry:\d+\n\n/

/** The first bytes of every stream: `:ok`, and the time after which its client reconnects. */
export function openingOf(body: string): string {
  const [opening] = OPENING.exec(body) ?? []
  if (opening === undefined) throw new Error(`no opening of a stream: ${JSON.stringify(body.slice(0, 80))}`)
  return opening
}

/** The text of a stream after its opening. */
export const afterOpening = (body: string): string => body.slice(openingOf(body).length)
