import fc from 'fast-check'
import { mutate, mutation } from './fuzzing.js'

const NAMESPACES = ['eps', 'raw', 'details', 'details/2665', 'votes', 'newest', 'messages', 'nothing', '__proto__']
const ROUTES = [
  '/',
  '/health',
  '/health/live',
  '/metrics',
  '/snapshot.json',
  '/admin',
  '/admin/status.json',
  '/admin/cluster.json',
  '/admin/live',
]

const odd = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }).map(encodeURIComponent),
  fc.constantFrom('%00', '%0d%0a', '%E0%A4%A', '..%2f', '%2e%2e', '//', '?', '#', '[', '"', '<script>', 'a'.repeat(200), '%F0%9F%98%82'),
)
const name = fc.constantFrom(...NAMESPACES)
const query = fc
  .array(fc.tuple(fc.oneof(fc.constantFrom('stream', 'token', 'namespace', 'stream[]', '__proto__'), odd), fc.oneof(name, odd)), {
    maxLength: 6,
  })
  .map((pairs) => pairs.map(([key, value]) => `${key}=${value}`).join('&'))
const path = fc
  .tuple(
    fc.oneof(
      name.map((each) => `/subscribe/${each}`),
      fc.constant('/subscribe'),
      fc.constant('/subscribe/cleanup'),
      fc.constantFrom(...ROUTES),
      odd.map((each) => `/subscribe/details/${each}`),
      odd.map((each) => `/${each}`),
    ),
    fc.option(query),
  )
  .map(([route, search]) => (search === null ? route : `${route}?${search}`))

const text = fc.string({ unit: 'binary', maxLength: 40 }).map((value) => value.replace(/[\r\n\0]/g, ' '))
const header = fc.oneof(
  fc.constantFrom(
    'Connection: close',
    'Connection: keep-alive',
    'Connection: upgrade\r\nUpgrade: websocket',
    'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA',
    'Expect: 100-continue',
    'Accept: text/event-stream',
    'Last-Event-ID: 7',
    'Content-Type: application/json',
    'Transfer-Encoding: chunked',
    'Content-Length: 2',
    'Range: bytes=0-1',
    'Authorization: Basic Og==',
  ),
  fc
    .tuple(fc.constantFrom('X-Forwarded-For', 'User-Agent', 'Origin', 'Cookie', 'Accept', 'Authorization', 'X-Odd'), text)
    .map(([key, value]) => `${key}: ${value}`),
)
const body = fc.oneof(
  fc.constantFrom('', '{}', '0\r\n\r\n', '2\r\n{}\r\n0\r\n\r\n', '{"namespace":"eps"}', '{"__proto__":1}'),
  fc.json({ maxDepth: 2 }),
)

/** A request of correct form: what it asks for may be anything. */
const request: fc.Arbitrary<Buffer> = fc
  .tuple(fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'POST', 'OPTIONS', 'PUT', 'DELETE'), path, fc.array(header, { maxLength: 4 }), body)
  .map(([method, target, headers, content]) =>
    Buffer.from(
      `${[`${method} ${target} HTTP/1.1`, 'Host: here', ...headers].join('\r\n')}\r\n\r\n${method === 'GET' ? '' : content}`,
      'latin1',
    ),
  )

/** The bytes that a client sends: requests behind one another, some changed, or no HTTP at all; in one write or in two. */
export const requestBytes: fc.Arbitrary<readonly Buffer[]> = fc
  .tuple(
    fc.oneof(
      { weight: 8, arbitrary: fc.array(request, { minLength: 1, maxLength: 3 }).map((all) => Buffer.concat(all)) },
      { weight: 1, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
    ),
    fc.oneof({ weight: 1, arbitrary: fc.constant([]) }, { weight: 2, arbitrary: fc.array(mutation, { maxLength: 3 }) }),
    fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
  )
  .map(([bytes, mutations, cut]) => {
    const sent = mutate(bytes, mutations)
    const at = cut === null ? sent.length : Math.floor(cut * sent.length)
    return [sent.subarray(0, at), sent.subarray(at)].filter(({ length }) => length > 0)
  })
