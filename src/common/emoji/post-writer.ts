import type { Random } from '../core/seeded-random.js'
import { AUTHORS, PHRASES } from './post-texts.js'

/** A post in the feeder's format (emojitrack-feeder, `ensmallen`). */
export interface Post {
  /** A decimal number of 18 digits, too many for a JavaScript number. */
  readonly id: string
  readonly text: string
  readonly screen_name: string
  readonly name: string
  /** In the order of the text. */
  readonly links: readonly Link[]
  readonly profile_image_url: string
  /** ISO 8601, whole seconds: `2014-04-02T03:15:52+00:00`. */
  readonly created_at: string
}

/** A link within the text of a post. */
export interface Link {
  /** The form in the text. */
  readonly url: string
  readonly display_url: string
  readonly expanded_url: string
  /** Its place in the text: start and end (exclusive), counted in code points. */
  readonly indices: readonly [number, number]
}

const ONE_IN = { link: 6, lineBreak: 8, chorus: 4 }
const LINE_BREAKS: readonly [string, ...string[]] = ['\n', '\n\n', '\r\n']
const AVATARS = 1000
const FIRST_ID = 451_196_288
const IDS_PER_PREFIX = 1_000_000_000

/**
 * Invents posts with every kind of Unicode, some with line breaks, some with links. Pure: the same random numbers give the same sequence.
 */
export class PostWriter {
  private serial = 0
  private readonly idPrefix: string

  constructor(private readonly random: Random) {
    this.idPrefix = String(FIRST_ID + this.below(FIRST_ID))
  }

  write(char: string, now: Date): Post {
    const author = this.pick(AUTHORS)
    const words = this.text(char)
    const link = this.oneIn(ONE_IN.link) ? this.link([...words].length + 1) : null
    return {
      id: this.idPrefix + String(this.serial++ % IDS_PER_PREFIX).padStart(9, '0'),
      text: link === null ? words : `${words} ${link.url}`,
      screen_name: author.screenName,
      name: author.name,
      links: link === null ? [] : [link],
      profile_image_url: `https://images.example/${this.below(AVATARS)}_normal.png`,
      created_at: `${now.toISOString().slice(0, 19)}+00:00`,
    }
  }

  private text(char: string): string {
    const shown = this.oneIn(ONE_IN.chorus) ? char.repeat(2 + this.below(3)) : char
    const text = this.pick(PHRASES).replaceAll('{}', shown)
    return this.oneIn(ONE_IN.lineBreak) ? `${text}${this.pick(LINE_BREAKS)}${this.pick(PHRASES).replaceAll('{}', char)}` : text
  }

  private link(at: number): Link {
    const page = this.below(36 ** 8)
      .toString(36)
      .padStart(8, '0')
    const url = `https://t.example/${page}`
    const address = `www.example.org/post/${page}`
    return { url, display_url: `${address.slice(0, 20)}…`, expanded_url: `https://${address}`, indices: [at, at + url.length] }
  }

  private below(count: number): number {
    return Math.floor(this.random() * count)
  }

  private oneIn(count: number): boolean {
    return this.below(count) === 0
  }

  private pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0]
  }
}
