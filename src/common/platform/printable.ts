/**
 * Characters that could forge a line or move the cursor of a terminal: control characters (C0, DEL, C1), Unicode's line and paragraph
 * separators, and the marks that change the direction of text.
 */
const UNSAFE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu
/** The unsafe characters that JSON leaves unescaped: it escapes C0 only. */
const UNSAFE_IN_JSON = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

const escaped = (character: string): string => SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** The text with readable escapes in place of unsafe characters. */
export const visible = (text: string): string => text.replace(UNSAFE, escaped)

/** The line of JSON with the same meaning and no unsafe character but the line feed at its end. */
export const visibleJson = (line: string): string => line.replace(UNSAFE_IN_JSON, escaped)
