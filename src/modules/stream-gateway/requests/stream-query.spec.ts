import { describe, expect, it } from 'vitest'
import { MAX_NAMESPACES, namespaceFault, parseStreamQuery } from './stream-query.js'

const SERVED = new Set(['eps', 'raw', 'details'])
const CHOICES = 'there are eps, raw, details, details/<id>'

describe('namespaceFault', () => {
  it.each(['eps', 'raw', 'details', 'details/2665', 'details/1F1EA-1F1F8', 'details/a/b', 'details/ ', 'details/😂'])(
    'serves %s',
    (namespace) => {
      expect(namespaceFault(namespace, SERVED)).toBeNull()
    },
  )

  it.each(['', 'EPS', 'eps/', '/eps', 'kiosk_interaction', 'toString', 'detail/2665', 'Details/2665'])('knows no %j', (namespace) => {
    expect(namespaceFault(namespace, SERVED)).toEqual({ status: 404, message: `no such stream; ${CHOICES}` })
  })

  it('does not offer what is switched off', () => {
    expect(namespaceFault('raw', new Set(['eps', 'details']))).toMatchObject({ status: 404, message: expect.not.stringContaining('raw') })
  })

  it.each([
    ['details/', 'empty'],
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

describe('parseStreamQuery', () => {
  it('takes one namespace or several, in their order', () => {
    expect(parseStreamQuery('stream=eps', SERVED)).toEqual(['eps'])
    expect(parseStreamQuery('x=1&stream=raw&stream=details%2F2665&streams=9&stream=eps', SERVED)).toEqual(['raw', 'details/2665', 'eps'])
  })

  it('takes a repeated namespace once', () => {
    expect(parseStreamQuery('stream=eps&stream=raw&stream=eps', SERVED)).toEqual(['eps', 'raw'])
  })

  it.each(['', 'x=1', 'streams=eps', 'stream', 'Stream=eps'])('names the choices where %j says no namespace', (query) => {
    expect(parseStreamQuery(query, SERVED)).toEqual({ status: 400, message: expect.stringContaining(CHOICES) })
  })

  it('refuses the whole request with 400 for one namespace that is unknown', () => {
    expect(parseStreamQuery('stream=eps&stream=nonsense', SERVED)).toEqual({
      status: 400,
      message: `stream: no such stream; ${CHOICES}`,
      refused: ['nonsense'],
    })
    expect(parseStreamQuery('stream=', SERVED)).toMatchObject({ status: 400 })
  })

  it('names all that are refused, so that the others can be asked for without them, and says why the first is', () => {
    const many = Array.from({ length: MAX_NAMESPACES - 2 }, (_, i) => `stream=details/${i}`).join('&')
    expect(parseStreamQuery(`stream=no&stream=details/&${many}&stream=eps&stream=raw`, SERVED)).toMatchObject({
      message: `stream: no such stream; ${CHOICES}`,
      refused: ['no', 'details/', 'eps', 'raw'],
    })
  })

  it('refuses the whole request for one id that is bad', () => {
    expect(parseStreamQuery('stream=eps&stream=details/', SERVED)).toMatchObject({
      status: 400,
      message: expect.stringContaining('(empty)'),
    })
  })

  it.each(['%E0%A4%A', '%FF', '%zz', '%'])('refuses %j, which is not valid percent-encoded UTF-8', (id) => {
    expect(parseStreamQuery(`stream=eps&stream=details/${id}`, SERVED)).toMatchObject({ status: 400 })
  })

  it('decodes once, and a plus as a space', () => {
    expect(parseStreamQuery('stream=details/%2541+b', SERVED)).toEqual(['details/%41 b'])
  })

  it('bounds how many there may be', () => {
    const many = (count: number) => Array.from({ length: count }, (_, i) => `stream=details/${i}`).join('&')
    expect(parseStreamQuery(many(MAX_NAMESPACES), SERVED)).toHaveLength(MAX_NAMESPACES)
    expect(parseStreamQuery(many(MAX_NAMESPACES + 1), SERVED)).toEqual({
      status: 400,
      message: 'at most 64 streams on one connection',
      refused: ['details/64'],
    })
  })

  it('takes what is repeated for one, however often', () => {
    const often = Array<string>(MAX_NAMESPACES + 1).fill('stream=eps')
    expect(parseStreamQuery(often.join('&'), SERVED)).toEqual(['eps'])
  })
})
