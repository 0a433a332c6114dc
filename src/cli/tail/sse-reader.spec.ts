import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_EVENT_LENGTH, SseReader } from './sse-reader.js'

const read = (text: string) => new SseReader().read(text)

describe('SseReader', () => {
  it('reads the events of a stream, named or not', () => {
    expect(read(':ok\n\nretry:10\n\ndata:{"2665":1}\n\nevent: raw\ndata: 2665\ndata:\n\nevent:none\n\ndata\n\ndata:unfinished\n')).toEqual([
      { name: 'message', data: '{"2665":1}' },
      { name: 'raw', data: '2665\n' },
      { name: 'message', data: '' },
    ])
  })

  it('takes the id of each complete block, also of one without data', () => {
    const reader = new SseReader('before-1')
    reader.read(':ok\n\n')
    expect(reader.lastEventId).toBe('before-1')
    reader.read('id:abc-5\n')
    expect(reader.lastEventId).toBe('before-1')
    reader.read('\n')
    expect(reader.lastEventId).toBe('abc-5')
    reader.read('data:1\n\nid:abc-\0\ndata:2\n\n')
    expect(reader.lastEventId).toBe('abc-5')
    reader.read('id:abc-7\ndata:cut off')
    expect(reader.lastEventId).toBe('abc-5')
    reader.read('\n\nid\n\n')
    expect(reader.lastEventId).toBe('')
  })

  it('takes the last delay that is a number', () => {
    const reader = new SseReader()
    expect(reader.retryMs).toBeNull()
    reader.read('retry:250\nretry:soon\nretry:-1\n\n')
    expect(reader.retryMs).toBe(250)
  })

  it('reads the same however the stream is cut, and whatever ends its lines', () => {
    const lines = [':ok', '', 'id:a-1', '', 'id:a-2', 'event:eps', 'data:{"1":1}', 'data: two', '', 'data:last', '']
    const whole = new SseReader()
    const expected = whole.read(`${lines.join('\n')}\n`)
    expect(expected).toHaveLength(2)
    fc.assert(
      fc.property(fc.constantFrom('\n', '\r\n', '\r'), fc.array(fc.nat(80), { maxLength: 8 }), (end, cuts) => {
        const text = `${lines.join(end)}${end}\n`
        const reader = new SseReader()
        const events = []
        let from = 0
        for (const to of [...new Set(cuts)].sort((a, b) => a - b)) {
          events.push(...reader.read(text.slice(from, to)))
          from = Math.min(to, text.length)
        }
        events.push(...reader.read(text.slice(from)))
        expect(events).toEqual(expected)
        expect(reader.lastEventId).toBe(whole.lastEventId)
      }),
    )
  })

  it('gives up an event without an end', () => {
    const reader = new SseReader()
    reader.read(`data:${'x'.repeat(MAX_EVENT_LENGTH - 100)}\n`)
    expect(() => reader.read(`data:${'x'.repeat(100)}`)).toThrow(RangeError)
  })
})
