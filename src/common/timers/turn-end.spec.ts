import { describe, expect, it, vi } from 'vitest'
import { TurnEnd } from './turn-end.js'

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

describe('TurnEnd', () => {
  it('calls back once for everything that was scheduled in a turn, and not within it', async () => {
    const onEnd = vi.fn()
    const turn = new TurnEnd(onEnd)
    turn.schedule()
    turn.schedule()
    expect(onEnd).not.toHaveBeenCalled()
    await nextTurn()
    expect(onEnd).toHaveBeenCalledTimes(1)
  })

  it('can be scheduled again, also from the call itself, for the turn after', async () => {
    let calls = 0
    const turn = new TurnEnd(() => {
      if (++calls < 3) turn.schedule()
    })
    turn.schedule()
    for (let i = 0; i < 5; i++) await nextTurn()
    expect(calls).toBe(3)
    turn.schedule()
    await nextTurn()
    expect(calls).toBe(4)
  })
})
