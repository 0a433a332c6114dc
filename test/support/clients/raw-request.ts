/** The content of a raw request. A header given here replaces the default of the same name in any case, and a list repeats it. */
export interface RawRequest {
  readonly path?: string
  readonly method?: string
  readonly httpVersion?: '1.0' | '1.1'
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
}

/** Writes the head of a request exactly as given, one byte per character, with `Host` unless it is given. */
export function encodeRequest(authority: string, { path = '/', method = 'GET', httpVersion = '1.1', headers = {} }: RawRequest): Buffer {
  const lines = [`${method} ${path} HTTP/${httpVersion}`]
  if (!Object.keys(headers).some((name) => name.toLowerCase() === 'host')) lines.push(`Host: ${authority}`)
  for (const [name, values] of Object.entries(headers)) {
    for (const value of typeof values === 'string' ? [values] : values) lines.push(`${name}: ${value}`)
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}
