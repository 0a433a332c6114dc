import { describe, expect, it } from 'vitest'
import { IDS_PER_TURN, parseScores } from './cut-scores.js'

const reply = (...entries: readonly (readonly [id: string | Buffer, score: string])[]) =>
  entries.flatMap(([id, score]) => [Buffer.from(id), Buffer.from(score)])

const parse = (members: readonly unknown[]) => parseScores(members, async () => undefined)

describe('parseScores', () => {
  it('sums up all scores, and leaves out malformed ids', async () => {
    const members = reply(['1F602', '3'], ['__proto__', '2'], ['A\nB', '4'], [Buffer.from([0xff]), '8'], ['', '16'])
    expect(await parse(members)).toEqual({
      scores: new Map([
        ['1F602', 3],
        ['__proto__', 2],
      ]),
      sum: 33,
      areCounts: true,
    })
  })

  it.each(['1.5', '-1', 'inf', '-inf', 'nan', '1e+17', 'text'])('knows that %s is no count', async (score) => {
    expect(await parse(reply(['A', '1'], ['B', score]))).toMatchObject({ areCounts: false })
  })

  it('knows that a sum is no longer exact', async () => {
    expect(await parse(reply(['A', '9007199254740991'], ['B', '1']))).toMatchObject({ areCounts: false })
  })

  it('pauses after a bounded number of ids', async () => {
    let pauses = 0
    const many = reply(...Array.from({ length: 3 * IDS_PER_TURN + 1 }, (_, n) => [`${n}`, '1'] as const))
    const { scores } = await parseScores(many, async () => void pauses++)
    expect([scores.size, pauses]).toEqual([3 * IDS_PER_TURN + 1, 3])
  })

  it('refuses a reply that is no list of ids', async () => {
    await expect(parse([null, '1'])).rejects.toThrow('without an id')
  })
})
