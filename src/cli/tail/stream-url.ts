/** The address of a namespace on a server, which may be mounted under a path; null for what can't be a namespace. */
export function streamUrl(server: string, namespace: string): URL | null {
  const segments = namespace.split('/')
  if (segments.some((segment) => ['', '.', '..'].includes(segment))) return null
  const url = new URL(server)
  url.pathname = `${url.pathname.replace(/\/$/, '')}/subscribe/${segments.map(encodeURIComponent).join('/')}`
  return url
}
