import { type Fields, isFields, textOf } from '../../shared/fields.js'

const MAX_TEXT = 2000
const MAX_NAME = 100
const MAX_LINKS = 4
const MAX_LABEL = 40

/** A post as the page shows it: text, never markup. */
export interface Post {
  readonly text: string
  readonly name: string
  readonly screenName: string
  /** Unix ms; null if it is missing or unreadable. */
  readonly atMs: number | null
  readonly links: readonly PostLink[]
}

export interface PostLink {
  /** An address with http or https. Links with other schemes are left out. */
  readonly url: string
  readonly label: string
}

/** A browser shows a CR as a space. */
const withLineBreaks = (text: string) => text.replace(/\r\n?/g, '\n')

/** Reads the data of a details stream, which may be anything. Data that are no JSON object are shown unchanged. */
export function postOf(data: string): Post {
  const document = parse(data)
  if (!isFields(document)) return { text: cut(withLineBreaks(data), MAX_TEXT), name: '', screenName: '', atMs: null, links: [] }
  return {
    text: cut(withLineBreaks(textOf(document, 'text')), MAX_TEXT),
    name: cut(textOf(document, 'name'), MAX_NAME),
    screenName: cut(textOf(document, 'screen_name'), MAX_NAME),
    atMs: timeOf(textOf(document, 'created_at')),
    links: linksOf(document['links']),
  }
}

/** Links are texts, or objects with `url` and `expanded_url` in the form of Twitter. */
function linksOf(links: unknown): readonly PostLink[] {
  if (!Array.isArray(links)) return []
  return links
    .map((link: unknown) => (isFields(link) ? textOf(link, 'expanded_url') || textOf(link, 'url') : String(link)))
    .flatMap((address) => linkOf(address) ?? [])
    .slice(0, MAX_LINKS)
}

function linkOf(address: string): PostLink | null {
  if (!URL.canParse(address)) return null
  const url = new URL(address)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return null
  // A user name in front of an @ can look like the host of the link.
  url.username = ''
  url.password = ''
  return { url: url.href, label: cut(url.host + (url.pathname === '/' ? '' : url.pathname), MAX_LABEL) }
}

function timeOf(text: string): number | null {
  const atMs = Date.parse(text)
  return Number.isNaN(atMs) ? null : atMs
}

/** The first `length` characters. No surrogate pair is cut in two. */
function cut(text: string, length: number): string {
  return text.length <= length ? text : `${[...text.slice(0, length + 1)].slice(0, -1).join('')}…`
}

function parse(json: string): Fields | unknown {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}
