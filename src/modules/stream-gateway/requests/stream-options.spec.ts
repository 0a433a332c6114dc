import { describe, expect, it } from 'vitest'
import { parseStreamOptions } from './stream-options.js'

const NONE = { wantsToken: false, isResumable: false, lastEventId: null, wantsSnapshot: false, hasTotals: false, rate: 60 }
const ID = '0a1b2c3d-17'
const eps = (query: string, header?: string | readonly string[]) => parseStreamOptions(query, header, ['eps'])

describe('parseStreamOptions', () => {
  it.each([
    ['', {}],
    ['x=1&Resume=1&SNAPSHOT=1&rates=0&last-event-id=1', {}],
    ['resume=1', { isResumable: true }],
    ['resume=1&resume=1', { isResumable: true }],
    ['snapshot=1', { wantsSnapshot: true }],
    ['totals=1', { hasTotals: true, wantsSnapshot: true }],
    ['rate=1', { rate: 1 }],
    ['rate=60', { rate: 60 }],
    ['rate=10&rate=10', { rate: 10 }],
    [`last_event_id=${ID}`, { isResumable: true, lastEventId: ID }],
    [`last_event_id=${ID}&last_event_id=${ID}`, { isResumable: true, lastEventId: ID }],
    ['last_event_id=', { isResumable: true }],
    ['token=1&resume=1&totals=1&rate=5', { wantsToken: true, isResumable: true, wantsSnapshot: true, hasTotals: true, rate: 5 }],
  ])('reads %j', (query, options) => {
    expect(eps(query)).toEqual({ ...NONE, ...options })
  })

  it.each([
    [ID, '', ID],
    [ID, 'last_event_id=other-1', ID],
    [[ID], '', ID],
    ['', `last_event_id=${ID}`, ID],
    ['', '', null],
  ])('takes the header %j before the query %j: %s', (header, query, lastEventId) => {
    expect(eps(query, header)).toEqual({ ...NONE, isResumable: header !== '' || query !== '', lastEventId })
  })

  it.each([
    ['token', '0'],
    ['resume', ''],
    ['resume', 'true'],
    ['snapshot', '2'],
    ['totals', '01'],
  ])('refuses %s=%s by the name of the parameter', (name, value) => {
    const fault = { status: 400, message: `${name} must be 1, or left out` }
    expect(eps(`${name}=${value}`)).toEqual(fault)
    expect(eps(`${name}=1&${name}=${value}`)).toEqual(fault)
  })

  it.each(['', '0', '61', '100', '1.5', '-1', '+1', '1e1', '05', ' 5', '5x', 'NaN', '９'])('refuses a rate of %j', (value) => {
    const fault = { status: 400, message: 'rate must be a whole number from 1 to 60, or left out' }
    expect(eps(`rate=${encodeURIComponent(value)}`)).toEqual(fault)
    expect(eps(`rate=5&rate=${encodeURIComponent(value)}`)).toEqual(fault)
  })

  it('refuses two different rates', () => {
    expect(eps('rate=5&rate=6')).toEqual({ status: 400, message: 'rate must be given once' })
  })

  it.each(['snapshot=1', 'totals=1', 'rate=5'])('refuses %s on a stream without eps, by name', (query) => {
    const name = query.slice(0, query.indexOf('='))
    const fault = { status: 400, message: `${name} is for streams with eps: leave it out, or ask for eps as well` }
    for (const namespaces of [['raw'], ['details'], ['details/eps'], ['details/eps/1', 'raw'], ['epsilon'], ['kiosk_interaction']])
      expect(parseStreamOptions(query, undefined, namespaces)).toEqual(fault)
    for (const namespaces of [['eps'], ['raw', 'eps'], ['eps/2665'], ['details', 'eps/2665']])
      expect(parseStreamOptions(query, undefined, namespaces)).not.toHaveProperty('status')
  })

  it('lets every stream resume', () => {
    for (const namespace of ['raw', 'details', 'details/2665', 'kiosk_interaction', 'votes'])
      expect(parseStreamOptions(`last_event_id=${ID}`, undefined, [namespace])).toEqual({ ...NONE, isResumable: true, lastEventId: ID })
  })

  it.each([
    ['with line breaks', 'a%0D%0Ab', 'a\r\nb'],
    ['with NUL', 'a%00b', 'a\0b'],
    ['with bytes that are not UTF-8', 'a%FFb', 'a\ufffdb'],
    ['that is no percent-encoding', 'a%zz', 'a%zz'],
    ['of 128 characters', 'x'.repeat(128), 'x'.repeat(128)],
    ['of 10,000 characters', 'x'.repeat(10_000), '?'],
    ['given twice, each time another', 'a-1&last_event_id=a-2', '?'],
  ])('takes an id %s, which the stream will not know', (_what, query, lastEventId) => {
    expect(eps(`last_event_id=${query}`)).toEqual({ ...NONE, isResumable: true, lastEventId })
  })

  it('keeps no more of a long header than of a long parameter', () => {
    expect(eps('', 'x'.repeat(10_000))).toEqual({ ...NONE, isResumable: true, lastEventId: '?' })
    expect(eps('', ['a-1', 'a-2'])).toEqual({ ...NONE, isResumable: true, lastEventId: '?' })
  })
})
