import type { Tone } from '../../shared/dom.js'
import { type Fields, isFields, numberOf, textOf } from '../../shared/fields.js'

/** The positions of a node, as its reports have them. */
export interface NodePositions {
  /** `shared` or `private`. */
  readonly mode: string
  readonly epoch: string
  readonly position: number | null
  readonly healed: number | null
  /** Why they are private, else "". */
  readonly reason: string
}

/** The positions in a document; null if the streamer reports none. */
export function positionsIn(document: Fields): NodePositions | null {
  const fields = document['positions']
  if (!isFields(fields)) return null
  return {
    mode: textOf(fields, 'mode'),
    epoch: textOf(fields, 'epoch'),
    position: numberOf(fields, 'position'),
    healed: numberOf(fields, 'healed'),
    reason: textOf(fields, 'reason'),
  }
}

/** A state in words, with its colour. */
export interface Label {
  readonly text: string
  readonly tone: Tone
}

/** The reasons that end by themselves, or need no cure. */
const USUAL: ReadonlySet<string> = new Set(['starting', 'unverified', 'healing', 'no-redis'])

/** The mode of a node: `shared`, or `private` with the reason. */
export function modeLabel({ mode, reason }: NodePositions): Label {
  if (mode === 'shared') return { text: mode, tone: 'good' }
  return { text: reason === '' ? mode : `${mode}: ${reason}`, tone: USUAL.has(reason) ? 'idle' : 'warn' }
}

/** Whether the positions of these nodes agree: all of them shared, in one epoch. Null where none reports any. */
export function agreementOf(positions: readonly NodePositions[]): Label | null {
  if (positions.length === 0) return null
  const own = positions.filter(({ mode }) => mode !== 'shared')
  const epochs = new Set(positions.filter(({ mode }) => mode === 'shared').map(({ epoch }) => epoch)).size
  if (epochs > 1) return { text: `positions of ${epochs} epochs: these nodes read different data`, tone: 'bad' }
  if (own.length === 0) return { text: positions.length === 1 ? 'shared positions' : 'all agree on positions', tone: 'good' }
  const text = own.length === positions.length ? 'private positions' : `private positions on ${own.length} of ${positions.length}`
  return { text, tone: own.every(({ reason }) => USUAL.has(reason)) ? 'idle' : 'warn' }
}
