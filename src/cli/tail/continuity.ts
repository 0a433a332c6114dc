type Fields = Readonly<Record<string, unknown>>

/**
 * The events by which a stream reports on itself: what they mean, for people. The result is null for other data: a stream may have events
 * of these names of its own.
 */
const NOTICES: ReadonlyMap<string, (data: Fields) => string | null> = new Map([
  ['reset', ({ reason }: Fields) => (typeof reason === 'string' ? `reset (${reason}): what came since the last event is missed` : null)],
  ['gap', ({ missed }: Fields) => (missed === null || typeof missed === 'number' ? `gap: ${missed ?? 'some'} messages are missed` : null)],
])

/** Follows whether a stream that reconnects has brought everything since its start. Pure. */
export class Continuity {
  private opened = 0
  private fresh = 0
  private gaps = 0

  /** Notes that the stream is open. A reconnect that does not resume misses what came meanwhile. */
  open(isResumed: boolean): void {
    if (this.opened++ > 0 && !isResumed) this.fresh++
  }

  /** The meaning of an event by which the stream reports on itself; null for any other event. */
  notice(name: string, data: string): string | null {
    const text = NOTICES.get(name)?.(fieldsOf(data)) ?? null
    if (text !== null) {
      if (name === 'gap') this.gaps++
      else this.fresh++
    }
    return text
  }

  /** Whether the stream has brought everything, such as `nothing missed over 2 reconnects`; empty while it never broke. */
  get summary(): string {
    const reconnects = counted(this.opened - 1, 'reconnect')
    if (this.fresh === 0 && this.gaps === 0) return this.opened > 1 ? `nothing missed over ${reconnects}` : ''
    const parts = [this.fresh > 0 ? `${this.fresh} of ${reconnects} began anew` : '', this.gaps > 0 ? counted(this.gaps, 'gap') : '']
    return `some missed: ${parts.filter(Boolean).join(', ')}`
  }
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

function fieldsOf(json: string): Fields {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
