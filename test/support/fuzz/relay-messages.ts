import fc from 'fast-check'

const KINDS = ['ask', 'question', 'answer', 'answers', 'counts', 'others']

const anything = fc.jsonValue({ maxDepth: 3 })
const or = (arbitrary: fc.Arbitrary<unknown>) => fc.oneof({ weight: 4, arbitrary }, { weight: 1, arbitrary: anything })
const key = fc.oneof(fc.constantFrom('streams', '__proto__', 'constructor', '192.0.2.1'), fc.string({ maxLength: 8 }))
const texts = fc.dictionary(key, fc.string())
const counts = fc.dictionary(key, fc.oneof(fc.integer(), fc.double({ noNaN: true })))
const value = fc.oneof(fc.integer(), texts, fc.constant(null))

/** JSON near the messages of the relay, and any other. */
export const relayMessage: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record(
      {
        kind: or(fc.constantFrom(...KINDS)),
        id: or(fc.integer({ min: -1, max: 6 })),
        question: or(fc.constantFrom('cleanup', 'unknown', 'fails', '__proto__')),
        payload: or(texts),
        value: or(value),
        values: or(fc.array(value)),
        counts: or(counts),
        own: or(counts),
      },
      { requiredKeys: [] },
    ),
  },
  { weight: 1, arbitrary: anything },
)
