import { describe, expect, it } from 'vitest'
import { plainLine } from './plain-line.js'

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
