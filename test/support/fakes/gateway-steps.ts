import fc from 'fast-check'

/** A step of a model test. `turn` runs the next timer: a slice, the end of a turn, or a catch-up. */
export type Step =
  | { readonly kind: 'updates'; readonly ids: readonly string[] }
  | { readonly kind: 'flush' | 'turn' | 'sweep' | 'flushVotes' }
  | { readonly kind: 'detail'; readonly id: string; readonly size: number }
  | { readonly kind: 'news'; readonly name?: string; readonly size: number }
  | { readonly kind: 'vote'; readonly id: string; readonly count: number }
  | { readonly kind: 'stall' | 'drain' | 'reopen'; readonly client: number }

export const IDS = ['1F602', '2665', '1F1EA-1F1F8', '__proto__', '"\\', '😂', ' ']
/** Larger than a piece of a log. */
const LARGE = 70_000

/** Arbitrary steps, for so many clients. */
export const stepFor = (clients: number) => {
  const size = fc.oneof({ weight: 20, arbitrary: fc.nat(60) }, { weight: 1, arbitrary: fc.constantFrom(40_000, LARGE) })
  const ids = fc.oneof(
    { weight: 20, arbitrary: fc.array(fc.constantFrom(...IDS), { minLength: 1, maxLength: 4 }) },
    { weight: 1, arbitrary: fc.constant(Array.from({ length: 1500 }, (_, n) => `${n % 5}-`.padEnd(60, 'x'))) },
  )
  const client = fc.nat(clients - 1)
  return {
    updates: fc.record({ kind: fc.constant('updates' as const), ids }),
    flush: fc.constant({ kind: 'flush' as const }),
    turn: fc.constant({ kind: 'turn' as const }),
    sweep: fc.constant({ kind: 'sweep' as const }),
    detail: fc.record({ kind: fc.constant('detail' as const), id: fc.constantFrom('a', 'b'), size }),
    news: fc.record({ kind: fc.constant('news' as const), size }),
    flash: fc.record({ kind: fc.constant('news' as const), name: fc.constant('flash'), size }),
    vote: fc.record({ kind: fc.constant('vote' as const), id: fc.constantFrom(...IDS), count: fc.nat(9).map((n) => n + 1) }),
    flushVotes: fc.constant({ kind: 'flushVotes' as const }),
    client: fc.record({ kind: fc.constantFrom('stall' as const, 'drain' as const), client }),
    reopen: fc.record({ kind: fc.constant('reopen' as const), client }),
  }
}
