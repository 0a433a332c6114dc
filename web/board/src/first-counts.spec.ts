import { expect, it } from 'vitest'
import { scoresIn } from './first-counts.js'

it('reads the scores of a snapshot, whatever the ids, and leaves out what is no count', () => {
  const document = JSON.parse('{"scores":{"1F602":3,"__proto__":2,"a":"1","b":0,"c":1.5,"d":-1,"e":null}}')
  expect(scoresIn(document)).toEqual(
    new Map([
      ['1F602', 3],
      ['__proto__', 2],
    ]),
  )
})

it.each(['{}', '{"scores":[1]}', '{"scores":null}'])('finds none in %s', (json) => {
  expect(scoresIn(JSON.parse(json)).size).toBe(0)
})
