import { describe, expect, it } from 'vitest'
import { readableLines } from './readable-line.js'

const LINE = { level: 30, time: 1_700_000_000_000, node: 'nest-test-box', context: 'Hub', msg: 'stream opened' }
const UNSAFE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u
/** Forges a line, clears the screen, colours, and turns the text around. */
const HOSTILE = '\n[12:00:00.000] INFO: forged\r\n\u001b[2J\u009b31m\u0085\u2028\u202e\u007f'

const read = (fields: object, names = false) => readableLines(names, false)(JSON.stringify({ ...LINE, ...fields }))

describe('readableLines', () => {
  it('shows time, level, context, message and the other fields on one line', () => {
    const time = expect.stringMatching(/^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: Hub: stream opened \{"path":"\/eps","seconds":1.5\}\n$/)
    expect(read({ path: '/eps', seconds: 1.5 })).toEqual(time)
  })

  it('names the node where there are several', () => {
    expect(read({}, true)).toContain('nest-test-box')
    expect(read({}, false)).not.toContain('nest-test-box')
  })

  it.each([
    ['the message', { msg: HOSTILE }],
    ['the context', { context: HOSTILE }],
    ['a field', { agent: HOSTILE }],
    ['the name of a field', { [HOSTILE]: 1 }],
    ['a list', { namespaces: ['eps', HOSTILE] }],
    ['an object', { request: { agent: HOSTILE } }],
  ])('shows control characters in %s as escapes, on the one line', (_, fields) => {
    const line = read(fields)
    expect(line.slice(0, -1)).not.toMatch(UNSAFE)
    expect(line).toContain('\\n[12:00:00.000] INFO: forged\\r\\n\\u001b[2J\\u009b31m\\u0085\\u2028\\u202e\\u007f')
    expect(line.endsWith('\n')).toBe(true)
  })

  it('shows where an error came from, and nothing that its message forges', () => {
    const stack = `Error: ${HOSTILE}\n    at here (file.ts:1:2)\n    at there (file.ts:3:4)`
    const lines = read({ level: 50, err: { type: 'Error', message: HOSTILE, stack } }).split('\n')
    expect(lines.some((line) => /^ +at here \(file\.ts:1:2\)$/.test(line))).toBe(true)
    expect(lines.some((line) => line.startsWith('[12:00:00'))).toBe(false)
    for (const line of lines) expect(line).not.toMatch(UNSAFE)
  })
})
