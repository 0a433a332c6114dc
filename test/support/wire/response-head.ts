/** The status line and the headers of an HTTP/1 answer. */
export interface ResponseHead {
  readonly httpVersion: string
  readonly status: number
  readonly reason: string
  /** By lower-case name; repeated headers are joined by a comma and a space. */
  readonly headers: ReadonlyMap<string, string>
  /** Names and values in the order and case received. */
  readonly headerLines: readonly (readonly [name: string, value: string])[]
  /** Everything up to and including the blank line, one character per byte. */
  readonly rawHead: string
}

/** Parses a whole head strictly and throws on a line that RFC 9112 does not allow. */
export function parseHead(rawHead: string): ResponseHead {
  const [first = '', ...lines] = rawHead.slice(0, -4).split('\r\n')
  const [, httpVersion, status, reason] = /^HTTP\/(1\.[01]) ([1-9]\d\d) ([^\r\n]*)$/.exec(first) ?? []
  if (httpVersion === undefined || reason === undefined) throw new Error(`bad status line: ${JSON.stringify(first)}`)
  const headers = new Map<string, string>()
  const headerLines: [string, string][] = []
  for (const line of lines) {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\0]*?)[ \t]*$/.exec(line) ?? []
    if (name === undefined || value === undefined) throw new Error(`bad header line: ${JSON.stringify(line)}`)
    headerLines.push([name, value])
    const earlier = headers.get(name.toLowerCase())
    headers.set(name.toLowerCase(), earlier === undefined ? value : `${earlier}, ${value}`)
  }
  return { httpVersion, status: Number(status), reason, headers, headerLines, rawHead }
}
