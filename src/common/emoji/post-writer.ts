import type { Random } from '../core/seeded-random.js'

/**
 * The texts of invented posts; `{}` is the place of the emoji. Many of them are difficult on purpose: scripts of all directions,
 * combining marks, characters beyond 16 bits, joined emoji, and text that breaks a page or a terminal without escapes.
 */
const PHRASES: readonly [string, ...string[]] = [
  // Common posts.
  'what a lovely day {}',
  'more of this please {}',
  '{} {} {}',
  'cannot believe it is only tuesday {}',
  'on my way home, finally {}',
  'this song again {} all night long',
  'happy birthday to the best sister in the world {}',
  'who else is still awake? {}',
  '{} mood',
  'ok but why is nobody talking about this {}',
  'coffee first, then the world {}',
  'we did it!!! {} thank you all',
  'I said what I said {}',
  'RT @someone: the train is late, the train is always late {}',
  '#throwback to the summer of rain {} #nofilter',
  // A whole post of the old length, 140 characters.
  'there is a dog in the office and a cake in the kitchen and the sun is out and for once nothing at all is broken, ' +
    'so let us keep it so… ok {}',
  // Other scripts, from left to right.
  'qué día más bonito {} ¡vamos!',
  'ça va être une très longue journée {}',
  'Füße hoch, Größe zeigen {}',
  'Zażółć gęślą jaźń {}',
  'Καλημέρα σε όλους {}',
  'доброе утро, мир {}',
  'आज का दिन अच्छा है {}',
  'วันนี้อากาศดีมาก {}',
  '今日はいい天気ですね{}',
  '今天天气真好{}哈哈哈',
  '오늘도 힘내자 {}',
  // From right to left, and in both directions.
  'שבת שלום לכולם {}',
  'صباح الخير يا عالم {}',
  'listening to سلام by {} on repeat, 24/7',
  // Combining marks, separate from their letters; and a stack of them.
  'Cafe\u0301 ole\u0301, n\u0303am n\u0303am {}',
  'h\u0335\u0321\u030ce\u0334\u0322\u0310 c\u0336\u0328\u0305o\u0337\u0323\u030bm\u0338\u0327\u0302e\u0335\u0324\u030cs\u0336 {}',
  // Beyond the Basic Multilingual Plane, emoji aside.
  '𝓼𝓸 𝓯𝓪𝓷𝓬𝔂 {}',
  '𠮷野家で𩸽を食べる{}',
  '𐌰𐌽𐍃𐌹𐌻𐌰 {} 𓂀',
  // Emoji sequences: joined, with a skin tone, keycaps, flags.
  'family time {} 👨‍👩‍👧‍👦 🏳️‍🌈',
  '{} 👋🏽 hello from 🇳🇿 and 🏴󠁧󠁢󠁳󠁣󠁴󠁿, gate 1️⃣2️⃣',
  // Text that needs escapes.
  '<b>bold</b> & "quoted" {} it\'s 1 < 2 && 3 > 2',
  'C:\\temp\\{} \\o/ $HOME {{}} %s',
  'tab\there, a line separator\u2028there {}',
]

/** The authors of invented posts. */
const AUTHORS: readonly [Author, ...Author[]] = [
  { screenName: 'emma_runs', name: 'Emma' },
  { screenName: 'jonas1987', name: 'Jonas Öberg' },
  { screenName: 'LaNuriaDice', name: 'Núria ✨' },
  { screenName: 'kenji_t', name: '田中 健二' },
  { screenName: 'haneul', name: '하늘' },
  { screenName: 'noa_levy', name: 'נועה לוי' },
  { screenName: 'samir__k', name: 'سمير' },
  { screenName: 'OlgaBakes', name: 'Ольга печёт' },
  { screenName: 'the_real_dave', name: 'dave </span>' },
  { screenName: 'priya_0', name: 'प्रिया' },
  { screenName: 'vxpr', name: '𝖛𝖎𝖕𝖊𝖗 🐍' },
  { screenName: '_', name: '"O\'Neill & Sons"' },
]

interface Author {
  /** Latin letters, digits and underscores, at most 15. */
  readonly screenName: string
  readonly name: string
}

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
