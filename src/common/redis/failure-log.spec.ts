import { expect, it } from 'vitest'
import { FailureLog } from './failure-log.js'

it('tells each kind of refusal once, in one line, with advice for a right that is missing', () => {
  const lines: unknown[] = []
  const log = new FailureLog((fields) => lines.push(fields), 'it failed', 'grant it')
  log.note(new Error('Redis is not connected'))
  log.note(new Error('Command timed out'))
  log.note(new Error('NOPERM this user has no permissions\nmore'))
  log.note(new Error('WRONGTYPE Operation against a key'))
  log.note(new Error('WRONGTYPE Operation against a key'))
  log.note('nothing')
  expect(lines).toEqual([
    { msg: 'it failed', error: 'Redis is not connected' },
    { msg: 'it failed', error: 'NOPERM this user has no permissions', advice: 'grant it' },
    { msg: 'it failed', error: 'WRONGTYPE Operation against a key' },
  ])
})
