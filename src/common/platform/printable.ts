/**
 * What could forge a line, or move about on a terminal: control characters (C0, DEL, C1), Unicode's line and paragraph separators, and what turns the
 * direction of text.
 */
const UNSAFE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu
/** Those of them that stand in JSON as they are; it escapes C0 by itself. */
const UNSAFE_IN_JSON = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

const escaped = (character: string): string => SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** Text in which control characters are escapes that can be read. */
export const visible = (text: string): string => text.replace(UNSAFE, escaped)

/** A line of JSON, which means the same and holds no control character but the line feed at its end. */
export const visibleJson = (line: string): string => line.replace(UNSAFE_IN_JSON, escaped)
