/** A made-up post, in the shape that the feeder publishes. */
export interface DemoPost {
  readonly id: string
  readonly text: string
  readonly screen_name: string
  readonly name: string
  readonly links: readonly string[]
  readonly profile_image_url: string | null
  readonly created_at: string
}

const EMOJI =
  '😂 ❤️ ♥️ 😍 😭 😘 😊 👌 💕 👏 😁 ☺️ 😔 ♻️ 😏 🎉 😒 🙌 😩 🔥 ✨ 😉 💔 😎 👍 💙 😢 🙏 💜 😌 💯 😳 😴 🌹 😜 😃 🎶 💖 👀 😅 💪 ✌️ 🙈 😞 😄 💋 💁 😱 😋 ☀️ 🌸 😡 🎵 👑 💛 ⚡ 🍕 🍻 🎂 ⚽ 🚀 🐱 🐶 🌍 🇪🇸 🇺🇸 🇬🇧 🇫🇷 🇩🇪 🇯🇵'.split(
    ' ',
  )
const WORDS = 'what a lovely day for some more of this with friends and music again'.split(' ')
const VARIATION_SELECTOR = 0xfe0f

/** Emoji drawn with the weights of a long tail: the k-th is 1/k^0.9 as frequent as the first. Pure; `random` gives numbers in [0, 1). */
export class DemoSource {
  private readonly cumulative: readonly number[]

  constructor(private readonly random: () => number) {
    let sum = 0
    this.cumulative = EMOJI.map((_, i) => (sum += (i + 1) ** -0.9))
  }

  /** How many updates came in `ms` at a mean rate per second (a Poisson draw). */
  count(ratePerSecond: number, ms: number): number {
    const limit = Math.exp((-ratePerSecond * ms) / 1000)
    let count = 0
    for (let product = this.random(); product > limit; product *= this.random()) count++
    return count
  }

  /** An emoji and its id: upper-case code points joined by `-`, without variation selectors. */
  emoji(): { readonly id: string; readonly char: string } {
    const draw = this.random() * (this.cumulative.at(-1) ?? 0)
    const char = EMOJI[this.cumulative.findIndex((edge) => edge > draw)] ?? '😂'
    return { id: idOf(char), char }
  }

  post(char: string, now: Date): DemoPost {
    const from = Math.floor(this.random() * 6)
    const text = WORDS.slice(from, from + 3 + Math.floor(this.random() * 6)).join(' ')
    return {
      id: String(Math.floor(this.random() * Number.MAX_SAFE_INTEGER)),
      text: `${text} ${char}`,
      screen_name: 'demo',
      name: 'In-process demo feed',
      links: [],
      profile_image_url: null,
      created_at: now.toISOString(),
    }
  }
}

function idOf(char: string): string {
  const points = [...char].map((each) => each.codePointAt(0) ?? 0).filter((point) => point !== VARIATION_SELECTOR)
  return points.map((point) => point.toString(16).toUpperCase().padStart(4, '0')).join('-')
}
