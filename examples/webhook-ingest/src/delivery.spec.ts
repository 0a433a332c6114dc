import { describe, expect, it } from 'vitest'
import { MAX_DETAIL_BYTES, MAX_UPDATES, readDelivery } from './delivery.js'

describe('readDelivery', () => {
  it('reads updates, in order, an id as often as it is there', () => {
    expect(readDelivery({ updates: ['1F602', '2665', '1F602'] })).toEqual({ ids: ['1F602', '2665', '1F602'], detail: null })
  })

  it('reads a detail, which is its JSON', () => {
    expect(readDelivery({ id: '2665', detail: { text: 'a ♥\nline' } })).toEqual({
      ids: [],
      detail: { id: '2665', data: '{"text":"a ♥\\nline"}' },
    })
  })

  it('reads both at once', () => {
    expect(readDelivery({ updates: ['a'], id: 'b', detail: {} })).toEqual({ ids: ['a'], detail: { id: 'b', data: '{}' } })
  })

  it('takes an empty list of updates', () => {
    expect(readDelivery({ updates: [] })).toEqual({ ids: [], detail: null })
  })

  it('takes so many updates and bytes, and no more', () => {
    const updates = Array.from({ length: MAX_UPDATES }, () => 'a')
    expect(readDelivery({ updates })).toEqual({ ids: updates, detail: null })
    expect(readDelivery({ updates: [...updates, 'a'] })).toEqual({ fault: 'updates has 10001 ids; 10000 are allowed in one request' })
    const text = '♥'.repeat((MAX_DETAIL_BYTES - '{"t":""}'.length) / 3)
    expect(readDelivery({ id: 'a', detail: { t: text } })).toMatchObject({ detail: { id: 'a' } })
    expect(readDelivery({ id: 'a', detail: { t: `${text}♥` } })).toEqual({ fault: 'the detail is longer than 65536 bytes' })
  })

  it.each([
    ['no object', 'updates', 'the body must be a JSON object'],
    ['null', null, 'the body must be a JSON object'],
    ['a list', ['1F602'], 'the body must be a JSON object'],
    ['nothing', undefined, 'the body must be a JSON object'],
    ['no field', {}, 'the body must have updates, or an id and a detail'],
    ['a field too many', { update: ['1F602'] }, '"update" is no field; there are updates, id and detail'],
    ['updates that are no list', { updates: '1F602' }, 'updates must be a list of ids, each a string'],
    ['an update that is no string', { updates: ['a', 2665] }, 'updates must be a list of ids, each a string'],
    ['an empty id', { updates: ['a', ''] }, 'updates[1] is empty'],
    ['a long id', { updates: ['x'.repeat(129)] }, 'updates[0] is longer than 128 bytes'],
    ['a line break in an id', { updates: ['a\nb'] }, 'updates[0] holds a control character'],
    ['half a character in an id', { updates: ['\ud83d'] }, 'updates[0] is not well-formed Unicode'],
    ['a detail without an id', { detail: {} }, 'a detail needs an id, a string'],
    ['an id without a detail', { id: 'a' }, 'an id needs a detail, a JSON object'],
    ['a detail of a bad id', { id: 'a\u0085', detail: {} }, 'id holds a control character'],
    ['a detail that is no object', { id: 'a', detail: 'text' }, 'an id needs a detail, a JSON object'],
    ['good updates beside a bad detail', { updates: ['a'], id: 'a', detail: [] }, 'an id needs a detail, a JSON object'],
  ])('refuses %s', (_, body, fault) => {
    expect(readDelivery(body)).toEqual({ fault })
  })

  it('repeats at most a short part of the request', () => {
    const read = readDelivery({ ['x'.repeat(1000)]: 1 })
    expect('fault' in read && read.fault.length).toBeLessThan(150)
  })
})
