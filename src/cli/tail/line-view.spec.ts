import { describe, expect, it } from 'vitest'
import { LineView, plainLine } from './line-view.js'

function setUp() {
  const texts = { output: '', errors: '' }
  const sink = (name: keyof typeof texts) => ({
    writableLength: 0,
    write(text: string | Uint8Array) {
      texts[name] += String(text)
      return true
    },
  })
  const output = sink('output')
  return { texts, output, view: new LineView('eps', new URL('http://x/subscribe/eps'), output, sink('errors')) }
}

describe('LineView', () => {
  it('writes events on the one output and changes of state on the other', () => {
    const { texts, view } = setUp()
    for (const state of ['open', 'open', 'trying again: gone\x1b', 'open']) view.changed(state)
    view.event('message', '{"2665":1}')
    expect(texts).toEqual({
      output: '{"2665":1}\n',
      errors: ['open', 'trying again: gone\\u001b', 'open'].map((state) => `http://x/subscribe/eps: ${state}\n`).join(''),
    })
  })

  it('leaves lines out when 16 MiB wait for the reader, and says how many', () => {
    const { texts, output, view } = setUp()
    output.writableLength = 16_777_217
    for (const data of ['1', '2']) view.event('message', data)
    output.writableLength = 0
    view.event('message', '3')
    expect(texts).toEqual({ output: '3\n', errors: '2 lines left out: the reader is too slow\n' })
  })
})

describe('an event as a line', () => {
  it('is its data', () => {
    expect(plainLine('eps', 'message', '{"2665":1}')).toBe('{"2665":1}')
    expect(plainLine('details/a/b', 'stream.tweet_updates.a/b', '{}')).toBe('{}')
  })

  it('begins with its name where the namespace does not tell it', () => {
    expect(plainLine('details', 'stream.tweet_updates.2665', '{}')).toBe('stream.tweet_updates.2665\t{}')
    expect(plainLine('details/2665', 'other', 'x')).toBe('other\tx')
    expect(plainLine('trending', 'top', '[]')).toBe('top\t[]')
  })

  it('holds no control character, whoever sent it', () => {
    expect(plainLine('kiosk', 'a\x1b[1m', 'x\ny\x07z\u202e')).toBe('a\\u001b[1m\tx\\ny\\u0007z\\u202e')
  })
})
