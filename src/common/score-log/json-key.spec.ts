import fc from 'fast-check'
import { expect, it } from 'vitest'
import { idFault } from '../core/id-fault.js'
import { jsonKey } from './json-key.js'

it('writes any good id as JSON.stringify does', () => {
  const id = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((each) => idFault(Buffer.from(each)) === null)
  const escaped = fc
    .array(fc.constantFrom('"', '\\', 'a', '😂', '/', '\u2028'), { minLength: 1, maxLength: 20 })
    .map((each) => each.join(''))
  fc.assert(
    fc.property(fc.oneof(id, escaped), (text) => {
      expect(Buffer.from(jsonKey(Buffer.from(text))).toString()).toBe(`${JSON.stringify(text)}:`)
    }),
  )
})
