/** The headers of every stream, except `connection` and those of CORS (docs/wire-format.md). */
export const streamHeaders = (forceRefresh: boolean): Readonly<Record<string, string>> => ({
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
  'x-accel-buffering': 'no',
  ...(forceRefresh && { 'x-sse-cleanup-requested': 'true' }),
})

type HeaderValue = number | string | readonly string[] | undefined

/**
 * Status line and headers of an open stream. HTTP/1.1 gets chunked framing; HTTP/1.0, which has none, gets a plain body that ends with
 * the connection.
 * @param headers the headers that the framework has collected for the answer
 */
export function encodeStreamHead(headers: Readonly<Record<string, HeaderValue>>, isChunked: boolean, now: Date): string {
  let head = 'HTTP/1.1 200 OK\r\n'
  for (const [name, value] of Object.entries(headers)) head += `${name}: ${String(value)}\r\n`
  return `${head}date: ${now.toUTCString()}\r\n${isChunked ? 'transfer-encoding: chunked\r\n' : ''}\r\n`
}
