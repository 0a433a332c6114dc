import { afterEach, describe, expect, it } from 'vitest'
import { Screen, Terminal } from './terminal.js'

function setUp(isTTY: boolean, columns = 0) {
  const written: string[] = []
  const sink = (mark: string) => ({
    isTTY,
    columns,
    writableLength: 0,
    write(text: string | Uint8Array) {
      written.push(mark + String(text))
      return true
    },
  })
  return { written, terminal: new Terminal(sink('1 '), sink('2 ')) }
}

describe('Terminal', () => {
  it('rewrites one line, and removes it before another', () => {
    const { written, terminal } = setUp(true)
    terminal.show('one')
    terminal.show('two')
    terminal.note('trouble')
    terminal.print('done')
    expect(written).toEqual(['1 \r\x1b[Kone', '1 \r\x1b[Ktwo', '1 \r\x1b[K', '2 trouble\n', '1 done\n'])
  })

  it('keeps it within the width', () => {
    const { written, terminal } = setUp(true, 5)
    terminal.show('123456789')
    expect(written).toEqual(['1 \r\x1b[K1234'])
  })

  it('writes whole lines alone where there is no terminal', () => {
    const { written, terminal } = setUp(false)
    terminal.show('one')
    terminal.print('two')
    expect(written).toEqual(['1 two\n'])
  })
})

describe('the screen', () => {
  let screen: Screen
  afterEach(() => screen.close())

  function openScreen(rows: number) {
    const written: string[] = []
    screen = new Screen({ rows, columns: 80, writableLength: 0, write: (text: string | Uint8Array) => written.push(String(text)) > 0 })
    screen.open()
    written.length = 0
    return written
  }

  it('clears each line before its text, which may skip columns', () => {
    const written = openScreen(24)
    screen.draw(['one', '\x1b[6Gtwo'])
    expect(written).toEqual(['\x1b[H\x1b[Kone\r\n\x1b[K\x1b[6Gtwo\x1b[J'])
  })

  it('draws no more lines than fit, so that the terminal does not scroll', () => {
    const written = openScreen(1)
    screen.draw(['one', 'two'])
    expect(written).toEqual(['\x1b[H\x1b[Kone\x1b[J'])
  })

  it('draws nothing where nothing has changed', () => {
    const written = openScreen(24)
    screen.draw(['one'])
    screen.draw(['one'])
    expect(written).toHaveLength(1)
  })
})
