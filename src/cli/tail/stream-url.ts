/**
 * The address of a namespace on a server, which may be mounted under a path; null for what can't be a namespace. All that follows the first slash is
 * one id: `details/a/b` is the id `a/b`.
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
