import { describe, expect, it } from 'vitest'
import { ScoreBatch } from './score-batch.js'

/** The events of a batch in short: a letter for each update, a number for refused ones, a space between two events. */
function play(steps: string): string {
  const events: string[] = []
  const batch = new ScoreBatch({
    emit: (_event: string, payload: object) => {
      const { ids, count } = payload as { ids?: Uint8Array[]; count?: number }
      events.push(ids === undefined ? String(count) : Buffer.concat(ids).toString())
    },
  })
  for (const step of steps) {
    if (step === '|') batch.end()
    else if (step === '!') batch.refuse()
    else batch.add(Buffer.from(step))
  }
  return events.join(' ')
}

describe('ScoreBatch', () => {
  it.each([
    ['abc|', 'abc'],
    ['|', ''],
    ['!!!|', '3'],
    ['ab!!c|', 'ab 2 c'],
    ['!a!|', '1 a 1'],
    ['a|!|b|', 'a 1 b'],
  ])('announces %j as %j', (steps, events) => {
    expect(play(steps)).toBe(events)
  })

  it('knows how many updates are not yet announced', () => {
    const batch = new ScoreBatch({ emit: () => undefined })
    batch.add(Buffer.from('a'))
    batch.add(Buffer.from('b'))
    expect(batch.length).toBe(2)
    batch.refuse()
    expect(batch.length).toBe(0)
    batch.add(Buffer.from('c'))
    expect(batch.length).toBe(1)
    batch.end()
    expect(batch.length).toBe(0)
  })
})
