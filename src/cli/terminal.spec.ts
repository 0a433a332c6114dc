import { describe, expect, it } from 'vitest'
import { Terminal } from './terminal.js'

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
  it('writes one line anew, and takes it away before another', () => {
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
