import { expect, it } from 'vitest'
import { scoresOf } from './snapshot.service.js'

const scores = (...reply: readonly (string | Buffer)[]) => scoresOf(reply.map((each) => Buffer.from(each)))

it('reads pairs of id and score, whatever the id', () => {
  const read = scores('1F602', '3', '2665', '9007199254740991', '__proto__', '1', '💩 "quoted"', '7')
  expect(JSON.parse(JSON.stringify(read))).toEqual(JSON.parse('{"1F602":3,"2665":9007199254740991,"__proto__":1,"💩 \\"quoted\\"":7}'))
  expect(scores()).toEqual({})
})

it.each([
  ['a fraction', 'a', '2.5'],
  ['nothing', 'a', '0'],
  ['a negative one', 'a', '-1'],
  ['one that a number can’t hold', 'a', '1e+20'],
  ['infinity', 'a', 'inf'],
  ['no number', 'a', 'x'],
  ['an id of control characters', 'a\nb', '1'],
  ['an empty id', '', '1'],
  ['an id that is too long', 'x'.repeat(129), '1'],
])('leaves out %s', (_what, id, score) => {
  expect(scores(id, score, 'b', '1')).toEqual({ b: 1 })
})

it('leaves out an id that is no UTF-8', () => {
  expect(scores(Buffer.from([0xff, 0x41]), '1', 'b', '1')).toEqual({ b: 1 })
})
