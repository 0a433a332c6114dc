/**
 * A stamp is an id, or a part of a payload, that says when it was published: `T<ns>T` of the monotonic clock. Its age on arrival is the latency.
 * No other id begins with this letter.
 */
export const STAMP_MARK = 'T'.charCodeAt(0)

export const stampOf = (ns: number): string => `T${ns}T`
