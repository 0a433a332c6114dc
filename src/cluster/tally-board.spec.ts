import { expect, it } from 'vitest'
import { TallyBoard } from './tally-board.js'

it('forgets a key when nobody has it', () => {
  const board = new TallyBoard<string>()
  board.set('one', { a: 1, b: 2 })
  board.set('two', { a: 4 })
  expect(board.others('two')).toEqual({ a: 1, b: 2 })
  board.set('one', { a: 0, b: 0 })
  expect(board.others('one')).toEqual({ a: 4 })
  expect(board.remove('two')).toEqual(['a'])
  expect(board.others('one')).toEqual({})
})
