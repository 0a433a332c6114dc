/**
 * The address of a namespace on a server, which may be mounted under a path; null for an invalid namespace. Everything after the first
 * slash is one id: `details/a/b` has the id `a/b`.
 */
export function streamUrl(server: string, namespace: string): URL | null {
  const segments = namespace.split('/')
  if (segments.some((segment) => ['', '.', '..'].includes(segment))) return null
  const url = new URL(server)
  const [name = '', ...id] = segments
  const path = id.length === 0 ? [name] : [name, id.join('/')]
  url.pathname = `${url.pathname.replace(/\/$/, '')}/subscribe/${path.map(encodeURIComponent).join('/')}`
  return url
}

/** The options of a request for a stream, beside an id to resume after. */
export interface StreamOptIns {
  /** All totals come first. */
  readonly snapshot?: boolean | undefined
  /** Totals come in place of increments, all of them first. */
  readonly totals?: boolean | undefined
}

/** The address of a stream that can be resumed. A server that does not know these parameters ignores them. */
export function withOptIns(url: URL, { snapshot, totals }: StreamOptIns): URL {
  const asked = new URL(url)
  asked.searchParams.set('resume', '1')
  if (snapshot) asked.searchParams.set('snapshot', '1')
  if (totals) asked.searchParams.set('totals', '1')
  return asked
}

/**
 * Removes user and password from a URL, since fetch rejects them there and the view would show them, and returns the header that holds
 * them.
 */
export function takeCredentials(url: URL): Readonly<Record<string, string>> {
  const { username, password } = url
  if (username === '' && password === '') return {}
  url.username = ''
  url.password = ''
  return { authorization: `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')}` }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
