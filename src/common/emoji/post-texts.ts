/**
 * The texts of invented posts; `{}` is the place of the emoji. Many of them are difficult on purpose: scripts of all directions,
 * combining marks, characters beyond 16 bits, joined emoji, and text that breaks a page or a terminal without escapes.
 */
export const PHRASES: readonly [string, ...string[]] = [
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
export const AUTHORS: readonly [Author, ...Author[]] = [
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
