import { describe, expect, it } from 'vitest'
import { missingRight } from './missing-rights.js'

describe('missingRight', () => {
  it.each([
    ["NOPERM this user has no permissions to run the 'zcard' command", '+zcard'],
    ["NOPERM this user has no permissions to run the 'zrange' command or its subcommand", '+zrange'],
    ["NOPERM User streamer has no permissions to run the 'publish' command", '+publish'],
    ["EXECABORT Transaction discarded because of: NOPERM this user has no permissions to run the 'exec' command", '+exec'],
    ['NOPERM this user has no permissions to access one of the keys used as arguments', '~key'],
    ['NOPERM No permissions to access a key', '~key'],
    ['NOPERM this user has no permissions to access one of the channels used as arguments', '&emojitrack.cut.*'],
    ['NOPERM No permissions to access a channel', '&emojitrack.cut.*'],
    ['EXECABORT Transaction discarded because of previous errors.', null],
    ['WRONGTYPE Operation against a key holding the wrong kind of value', null],
    ['Connection is closed.', null],
  ])('of %j is %j', (message, right) => {
    expect(missingRight(new Error(message), 'key')).toBe(right)
  })
})
