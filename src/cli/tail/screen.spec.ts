import { afterEach, describe, expect, it } from 'vitest'
import { Screen } from './screen.js'

let screen: Screen
afterEach(() => screen.close())

function setUp(rows: number) {
  const written: string[] = []
  screen = new Screen({ rows, columns: 80, writableLength: 0, write: (text: string | Uint8Array) => written.push(String(text)) > 0 })
  screen.open()
  written.length = 0
  return written
}

describe('the screen', () => {
  it('clears each line before its text, which may jump over what stood there', () => {
    const written = setUp(24)
    screen.draw(['one', '\x1b[6Gtwo'])
    expect(written).toEqual(['\x1b[H\x1b[Kone\r\n\x1b[K\x1b[6Gtwo\x1b[J'])
  })

  it('draws no more lines than there are, lest the terminal scrolls', () => {
    const written = setUp(1)
    screen.draw(['one', 'two'])
    expect(written).toEqual(['\x1b[H\x1b[Kone\x1b[J'])
  })

  it('draws nothing where nothing has changed', () => {
    const written = setUp(24)
    screen.draw(['one'])
    screen.draw(['one'])
    expect(written).toHaveLength(1)
  })
})
