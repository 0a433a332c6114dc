import { describe, expect, it } from 'vitest'
import { AppError } from './errors.js'
import { FailureLog, type LogFields, RateLimitedLog } from './rate-limited-log.js'

const MINUTE_MS = 60_000

function aLog() {
  const lines: LogFields[] = []
  return { lines, log: new RateLimitedLog((fields) => void lines.push(fields)) }
}

describe('RateLimitedLog', () => {
  it('writes the first line at once, as it is', () => {
    const { lines, log } = aLog()
    log.note('refused', { msg: 'refused', port: 1 }, 0)
    expect(lines).toEqual([{ msg: 'refused', port: 1 }])
  })

  it('writes one line per period at most, with its own fields and the number of those suppressed before it', () => {
    const { lines, log } = aLog()
    for (let ms = 0; ms <= 2.5 * MINUTE_MS; ms += MINUTE_MS / 10) log.note('refused', { msg: 'refused', ms }, ms)
    expect(lines).toEqual([
      { msg: 'refused', ms: 0 },
      { msg: 'refused', ms: MINUTE_MS, suppressed: 9 },
      { msg: 'refused', ms: 2 * MINUTE_MS, suppressed: 9 },
    ])
  })

  it('says nothing of suppressed lines where there were none', () => {
    const { lines, log } = aLog()
    for (const ms of [0, MINUTE_MS, 5 * MINUTE_MS]) log.note('refused', { msg: 'refused' }, ms)
    expect(lines).toEqual([{ msg: 'refused' }, { msg: 'refused' }, { msg: 'refused' }])
  })

  it('limits each kind by itself', () => {
    const { lines, log } = aLog()
    for (const kind of ['a', 'b', 'a', 'b']) log.note(kind, { msg: kind }, 0)
    expect(lines).toEqual([{ msg: 'a' }, { msg: 'b' }])
  })
})

it('reports a refused database at once, after an earlier failure too, with the cure', () => {
  const lines: unknown[] = []
  const log = new FailureLog((fields) => lines.push(fields), 'it failed', 'grant it')
  log.note(new AppError('ERR_REDIS_AWAY', 'Redis is not connected'))
  log.note(new AppError('ERR_REDIS_DATABASE', 'Redis refuses database 3: NOPERM'))
  log.note(new AppError('ERR_REDIS_DATABASE', 'Redis refuses database 3: NOPERM'))
  expect(lines).toEqual([
    { msg: 'it failed', error: 'Redis is not connected' },
    { msg: 'it failed', error: 'Redis refuses database 3: NOPERM', advice: expect.stringContaining('+select') },
  ])
})

it('reports each kind of error once, in one line, with advice for a missing right', () => {
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
