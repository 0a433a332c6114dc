import { describe, expect, it } from 'vitest'
import { parseStreamOptions } from './stream-options.js'
import {
  MAX_NAMESPACE_BYTES,
  MAX_NAMESPACES,
  namespaceFault,
  newToken,
  parseMultiplexedRequest,
  parseStreamRequest,
  splitUrl,
  tokenIn,
} from './stream-request.js'

const SERVED = new Set(['eps', 'raw', 'details'])
const CHOICES = 'there are eps, raw, details, details/<id>, eps/<id>'

describe('namespaceFault', () => {
  it.each([
    'eps',
    'raw',
    'details',
    'details/2665',
    'details/1F1EA-1F1F8',
    'details/a/b',
    'details/ ',
    'details/😂',
    'eps/2665',
    'eps/a/b',
    'eps/😂',
  ])('serves %s', (namespace) => {
    expect(namespaceFault(namespace, SERVED)).toBeNull()
  })

  it.each(['', 'EPS', '/eps', 'Eps/2665', 'raw/2665', 'kiosk_interaction', 'toString', 'detail/2665', 'Details/2665'])(
    'knows no %j',
    (namespace) => {
      expect(namespaceFault(namespace, SERVED)).toEqual({ status: 404, message: `no such stream; ${CHOICES}` })
    },
  )

  it('does not offer what is switched off', () => {
    expect(namespaceFault('raw', new Set(['eps', 'details']))).toMatchObject({ status: 404, message: expect.not.stringContaining('raw') })
  })

  it.each([
    ['details/', 'empty'],
    ['eps/', 'empty'],
    [`eps/${'x'.repeat(129)}`, 'too-long'],
    ['eps/a\nb', 'control-character'],
    [`details/${'x'.repeat(129)}`, 'too-long'],
    [`details/${'é'.repeat(65)}`, 'too-long'],
    ['details/a\nb', 'control-character'],
    ['details/\u0085', 'control-character'],
  ])('refuses the id of %j: %s', (namespace, fault) => {
    const message = `the id is refused (${fault}): ids are 1 to 128 bytes of UTF-8 without control characters`
    expect(namespaceFault(namespace, SERVED)).toEqual({ status: 400, message })
  })

  it('does not repeat the id in its message, where it could forge a line', () => {
    expect(namespaceFault('details/evil\n', SERVED)?.message).not.toContain('evil')
  })
})

describe('a request for one namespace', () => {
  it('keeps its path as sent, without the query, and is not named', () => {
    expect(parseStreamRequest('/subscribe/details/%32665?x=1&stream=raw', 'details/2665', SERVED)).toEqual({
      path: '/subscribe/details/%32665',
      namespaces: ['details/2665'],
      isNamed: false,
      options: parseStreamOptions('', undefined, []),
    })
  })

  it('is refused for an unknown namespace, before anything else', () => {
    expect(parseStreamRequest('/subscribe/x?token=9', 'x', SERVED)).toEqual({ status: 404, message: `no such stream; ${CHOICES}` })
    expect(parseStreamRequest('/subscribe/details/', 'details/', SERVED)).toMatchObject({ status: 400 })
  })
})

describe('splitUrl', () => {
  it.each([
    ['/a', '/a', ''],
    ['/a?', '/a', ''],
    ['/a?b=c', '/a', 'b=c'],
    ['/a?b?c', '/a', 'b?c'],
    ['?b', '', 'b'],
  ])('cuts %j at its first question mark', (url, path, query) => {
    expect(splitUrl(url)).toEqual({ path, query })
  })
})

describe('a request for several namespaces', () => {
  const parse = (query: string) => parseMultiplexedRequest(`/subscribe?${query}`, SERVED)
  const namespacesOf = (query: string) => {
    const parsed = parse(query)
    return 'namespaces' in parsed ? parsed.namespaces : parsed
  }

  it('keeps its path without the query, and is named', () => {
    expect(parse('stream=eps')).toEqual({
      path: '/subscribe',
      namespaces: ['eps'],
      isNamed: true,
      options: parseStreamOptions('', undefined, []),
    })
  })

  it('takes one namespace or several, in their order', () => {
    expect(namespacesOf('stream=eps')).toEqual(['eps'])
    expect(namespacesOf('x=1&stream=raw&stream=details%2F2665&streams=9&stream=eps')).toEqual(['raw', 'details/2665', 'eps'])
  })

  it('takes a repeated namespace once', () => {
    expect(namespacesOf('stream=eps&stream=raw&stream=eps')).toEqual(['eps', 'raw'])
  })

  it('names the choices where there is no query at all', () => {
    expect(parseMultiplexedRequest('/subscribe', SERVED)).toEqual({ status: 400, message: expect.stringContaining(CHOICES) })
  })

  it.each(['', 'x=1', 'streams=eps', 'stream', 'Stream=eps'])('names the choices where %j says no namespace', (query) => {
    expect(parse(query)).toEqual({ status: 400, message: expect.stringContaining(CHOICES) })
  })

  it('refuses the whole request with 400 for one namespace that is unknown', () => {
    expect(parse('stream=eps&stream=nonsense')).toEqual({
      status: 400,
      message: `stream: no such stream; ${CHOICES}`,
      refused: ['nonsense'],
    })
    expect(parse('stream=')).toMatchObject({ status: 400 })
  })

  it('names all that are refused, so that the others can be asked for without them, and says why the first is', () => {
    const many = Array.from({ length: MAX_NAMESPACES - 2 }, (_, i) => `stream=details/${i}`).join('&')
    expect(parse(`stream=no&stream=details/&${many}&stream=eps&stream=raw`)).toMatchObject({
      message: `stream: no such stream; ${CHOICES}`,
      refused: ['no', 'details/', 'eps', 'raw'],
    })
  })

  it('refuses the whole request for one id that is bad', () => {
    expect(parse('stream=eps&stream=details/')).toMatchObject({
      status: 400,
      message: expect.stringContaining('(empty)'),
    })
  })

  it.each(['%E0%A4%A', '%FF', '%zz', '%'])('refuses %j, which is not valid percent-encoded UTF-8', (id) => {
    expect(parse(`stream=eps&stream=details/${id}`)).toMatchObject({ status: 400 })
  })

  it('decodes once, and a plus as a space', () => {
    expect(namespacesOf('stream=details/%2541+b')).toEqual(['details/%41 b'])
  })

  it('bounds how many there may be', () => {
    const many = (count: number) => Array.from({ length: count }, (_, i) => `stream=details/${i}`).join('&')
    expect(namespacesOf(many(MAX_NAMESPACES))).toHaveLength(MAX_NAMESPACES)
    expect(parse(many(MAX_NAMESPACES + 1))).toEqual({
      status: 400,
      message: 'at most 64 streams on one connection',
      refused: ['details/64'],
    })
  })

  it('takes what is repeated for one, however often', () => {
    const often = Array<string>(MAX_NAMESPACES + 1).fill('stream=eps')
    expect(namespacesOf(often.join('&'))).toEqual(['eps'])
  })

  describe('with names of many bytes', () => {
    const query = (names: readonly string[]) => names.map((name) => `stream=${name}`).join('&')
    const full = Array.from({ length: 16 }, (_, i) => `details/${i}-`.padEnd(MAX_NAMESPACE_BYTES / 16, 'x'))

    it('takes 2 KB of them', () => {
      expect(full.join('')).toHaveLength(MAX_NAMESPACE_BYTES)
      expect(namespacesOf(query(full))).toEqual(full)
    })

    it('refuses the ones beyond, by name, in the order of the request', () => {
      expect(parse(query(['raw', ...full, 'eps']))).toEqual({
        status: 400,
        message: 'at most 2048 bytes of stream names on one connection: open another one for the rest',
        refused: [full[15], 'eps'],
      })
    })

    it('counts the bytes of a name and not its characters', () => {
      const wide = Array.from({ length: 17 }, (_, i) => `details/${i}${'é'.repeat(60)}`)
      expect(parse(query(wide))).toMatchObject({ status: 400, refused: wide.slice(15) })
    })
  })
})

describe('a token', () => {
  it('is never the same twice, and holds 16 bytes', () => {
    const tokens = Array.from({ length: 1000 }, newToken)
    expect(new Set(tokens).size).toBe(1000)
    for (const token of tokens) expect(Buffer.from(token, 'base64url')).toHaveLength(16)
  })

  it('is found again in a query', () => {
    const token = newToken()
    expect(tokenIn(`a=b&token=${token}`)).toBe(token)
  })

  it.each(['', 'a=b', 'tokens=1', 'Token=1'])('is not named by %j', (query) => {
    expect(tokenIn(query)).toBeNull()
    expect(parseStreamRequest(`/subscribe/eps?${query}`, 'eps', SERVED)).toMatchObject({ options: { wantsToken: false } })
  })

  it.each(['token', 'token=', 'token=1', 'token=%zz', `token=${'x'.repeat(23)}`, `token=${newToken()}&token=${newToken()}`])(
    "is no stream's where a cleanup says %j",
    (query) => {
      expect(tokenIn(query)).toBe('')
    },
  )
})

describe('a stream asks for a token', () => {
  it.each(['token=1', 'stream=eps&token=1', 'token=1&token=1'])('by %s', (query) => {
    expect(parseStreamRequest(`/subscribe/eps?${query}`, 'eps', SERVED)).toMatchObject({ options: { wantsToken: true } })
    expect(parseMultiplexedRequest(`/subscribe?stream=raw&${query}`, SERVED)).toMatchObject({ options: { wantsToken: true } })
  })

  it.each(['token', 'token=', 'token=0', 'token=true', 'token=11', 'token=1&token=0'])('in vain by %s', (query) => {
    const fault = { status: 400, message: 'token must be 1, or left out' }
    expect(parseStreamRequest(`/subscribe/eps?${query}`, 'eps', SERVED)).toEqual(fault)
    expect(parseMultiplexedRequest(`/subscribe?stream=raw&${query}`, SERVED)).toEqual(fault)
  })
})
