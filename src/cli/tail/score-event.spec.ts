import { describe, expect, it } from 'vitest'
import { incrementsOf } from './score-event.js'

describe('the increments of an event', () => {
  it('are those of an object, in eps', () => {
    expect(incrementsOf('eps', '{"2665":2,"__proto__":1}')).toEqual([
      ['2665', 2],
      ['__proto__', 1],
    ])
  })

  it('are one, in raw', () => {
    expect(incrementsOf('raw', '2665')).toEqual([['2665', 1]])
  })

  it.each(['', '{', 'null', '7', '"x"', '{"a":"1","b":1.5,"c":null}', '[]'])('are none in %s', (data) => {
    expect(incrementsOf('eps', data)).toEqual([])
  })
})
