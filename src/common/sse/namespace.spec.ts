import { describe, expect, it } from 'vitest'
import { DETAILS, detailId, detailNamespace, EPS, KIOSK_INTERACTION, RAW } from './namespace.js'

describe('a namespace', () => {
  it('is the path after /subscribe', () => {
    expect([EPS, RAW, DETAILS, KIOSK_INTERACTION]).toEqual(['eps', 'raw', 'details', 'kiosk_interaction'])
    expect(detailNamespace('2665')).toBe('details/2665')
  })

  it.each(['2665', '1F1EA-1F1F8', 'a/b', '/', 'details/2665', ' ', ''])('of a detail gives its id %j back', (id) => {
    expect(detailId(detailNamespace(id))).toBe(id)
  })

  it.each([EPS, RAW, KIOSK_INTERACTION, DETAILS, 'details2665', 'detail/2665', 'x/details/2665', ''])('%j has no id', (namespace) => {
    expect(detailId(namespace)).toBeNull()
  })
})
