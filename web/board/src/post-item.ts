import { make } from '../../shared/dom.js'
import type { Post, PostLink } from './post.js'

const TIME = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })

/** A post as an item of the list. Its content becomes text nodes; each text sets its own direction. */
export function postItem({ text, name, screenName, atMs, links }: Post): HTMLLIElement {
  const words = make('p', 'post-text', text)
  words.dir = 'auto'
  const by = make('p', 'post-by', make('bdi', 'post-name', name), ' ', make('bdi', 'aside', screenName === '' ? '' : `@${screenName}`))
  if (atMs !== null) by.append(' ', timeOf(new Date(atMs)))
  const item = make('li', 'post', by, words)
  if (links.length > 0) item.append(make('p', 'post-links', ...links.map(anchor)))
  return item
}

function timeOf(at: Date): HTMLTimeElement {
  const time = make('time', 'aside', TIME.format(at))
  time.dateTime = at.toISOString()
  time.title = MOMENT.format(at)
  return time
}

function anchor({ url, label }: PostLink): HTMLAnchorElement {
  const link = make('a', '', make('bdi', '', label))
  link.href = url
  link.rel = 'noopener noreferrer nofollow'
  link.target = '_blank'
  return link
}
