import { describe, expect, it } from 'vitest'
import { loadEmoji } from '../../common/emoji/load-emoji.js'
import type { ScoreForm } from './score-counter.js'
import { LineView, plainLine, rowsThatFit, tableLines } from './views.js'

function setUp(form: ScoreForm | null = 'increments') {
  const texts = { output: '', errors: '' }
  const sink = (name: keyof typeof texts) => ({
    writableLength: 0,
    write(text: string | Uint8Array) {
      texts[name] += String(text)
      return true
    },
  })
  const output = sink('output')
  return { texts, output, view: new LineView('eps', form, new URL('http://x/subscribe/eps'), output, sink('errors')) }
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

  it('ends with how much came, and what is known of it', () => {
    const { texts, view } = setUp()
    view.event('snapshot', '{"2665":9}')
    view.event('message', '{"2665":2,"1F602":3}')
    view.note('gap: 7 messages are missed')
    view.close('some missed: 1 gap')
    expect(texts.errors).toBe(
      ['gap: 7 messages are missed', '5 updates; some missed: 1 gap'].map((text) => `http://x/subscribe/eps: ${text}\n`).join(''),
    )
    expect(texts.output).toBe('snapshot\t{"2665":9}\n{"2665":2,"1F602":3}\n')

    const others = setUp(null)
    for (const data of ['a', 'b']) others.view.event('message', data)
    others.view.close('')
    expect(others.texts.errors).toBe('http://x/subscribe/eps: 2 events\n')
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

  it('begins with its name unless the namespace implies it', () => {
    expect(plainLine('details', 'stream.tweet_updates.2665', '{}')).toBe('stream.tweet_updates.2665\t{}')
    expect(plainLine('details/2665', 'other', 'x')).toBe('other\tx')
    expect(plainLine('trending', 'top', '[]')).toBe('top\t[]')
  })

  it('holds no control character, whoever sent it', () => {
    expect(plainLine('kiosk', 'a\x1b[1m', 'x\ny\x07z\u202e')).toBe('a\\u001b[1m\tx\\ny\\u0007z\\u202e')
  })
})

const emoji = new Map(loadEmoji().map((each) => [each.id, each]))
const table = (...ids: string[]) => ({
  title: '12 updates',
  rows: ids.map((id, i) => ({ id, count: 10 - i, perSecond: 1.25 })),
  emojiOf: (id: string) => emoji.get(id),
})

/** The text in the columns of a line, on a terminal that shows each character in one column. */
function shown(line: string): string {
  let row: string[] = []
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is the escape sequence that says where to go on
  for (const [, at, text = ''] of line.matchAll(/(?:\x1b\[(\d+)G)?([^\x1b]*)/g)) {
    if (at !== undefined) row = Array.from({ length: Number(at) - 1 }, (_, i) => row[i] ?? ' ')
    row.push(...text)
  }
  return row.join('')
}

describe('the table', () => {
  it('shows emoji, name, count and rate in columns', () => {
    expect(tableLines(table('2B50', '1F602'), { columns: 60, rows: 24 }).map(shown)).toEqual([
      '12 updates',
      '  #      name                                count    per s',
      '  1  ⭐   star                                   10      1.3',
      '  2  😂   face with tears of joy                  9      1.3',
    ])
  })

  it.each([30, 33, 60, 200])('fits into %d columns, the last of which stays free', (columns) => {
    const all = [...emoji.keys()].filter((id) => !id.includes('-')).slice(0, 100)
    for (const line of tableLines(table(...all), { columns, rows: 500 }))
      expect([...shown(line)].length).toBeLessThanOrEqual(Math.max(30, columns - 1))
  })

  it('has as many rows as there is room for', () => {
    expect(rowsThatFit({ columns: 80, rows: 5 })).toBe(2)
    expect(tableLines(table('2665', '1F602', '2B50'), { columns: 80, rows: 5 })).toHaveLength(4)
    expect(tableLines(table('2665'), { columns: 80, rows: 1 })).toHaveLength(2)
  })

  it('shows an id that it does not know, with its control characters escaped', () => {
    const [, , row = ''] = tableLines(table('x\x1b[2J'), { columns: 60, rows: 24 })
    expect(shown(row)).toContain('x\\u001b[2J')
  })

  it('cuts names that are too long', () => {
    const [, , row = ''] = tableLines(table('1F604'), { columns: 40, rows: 24 })
    expect(shown(row)).toMatch(/grinning… {10}10/)
  })
})
