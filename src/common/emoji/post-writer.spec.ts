import { describe, expect, it } from 'vitest'
import { seededRandom } from '../core/seeded-random.js'
import { PostWriter } from './post-writer.js'

function posts(count: number) {
  const writer = new PostWriter(seededRandom(1))
  return Array.from({ length: count }, () => writer.write('😂', new Date(Date.UTC(2024, 0, 2, 3, 4, 5, 678))))
}

describe('PostWriter', () => {
  it('writes posts in the shape of the feeder', () => {
    for (const post of posts(500)) {
      expect(Object.keys(post)).toEqual(['id', 'text', 'screen_name', 'name', 'links', 'profile_image_url', 'created_at'])
      expect(post).toEqual({
        id: expect.stringMatching(/^\d{18}$/),
        text: expect.stringContaining('😂'),
        screen_name: expect.stringMatching(/^\w{1,15}$/),
        name: expect.stringMatching(/\S/),
        links: expect.any(Array),
        profile_image_url: expect.stringMatching(/^https:\/\/images\.example\/\d+_normal\.png$/),
        created_at: '2024-01-02T03:04:05+00:00',
      })
    }
  })

  it('numbers them upwards', () => {
    const ids = posts(100).map(({ id }) => BigInt(id))
    for (const [i, id] of ids.entries()) expect(id - (ids[0] ?? 0n)).toBe(BigInt(i))
  })

  it('puts links into some, and says where', () => {
    const linked = posts(600).filter(({ links }) => links.length > 0)
    expect(linked.length).toBeGreaterThan(60)
    expect(linked.length).toBeLessThan(150)
    for (const { text, links } of linked) {
      for (const { url, display_url, expanded_url, indices } of links) {
        expect([...text].slice(...indices).join('')).toBe(url)
        expect(new URL(url).host).toBe('t.example')
        expect(expanded_url.startsWith(`https://${display_url.slice(0, -1)}`)).toBe(true)
      }
    }
  })

  it.each([
    ['a line feed', /[^\r]\n/],
    ['CR LF', /\r\n/],
    ['a line separator', /\u2028/],
    ['Hebrew', /\p{Script=Hebrew}/u],
    ['Arabic', /\p{Script=Arabic}/u],
    ['Han', /\p{Script=Han}/u],
    ['Hangul', /\p{Script=Hangul}/u],
    ['combining marks', /\p{Mn}/u],
    ['joined emoji', /\p{Extended_Pictographic}\u200d\p{Extended_Pictographic}/u],
    ['an emoji of a colour of skin', /\p{Emoji_Modifier}/u],
    ['letters beyond 16 bits', /[\u{10000}-\u{1efff}]/u],
    ['markup', /<b>/],
    ['a backslash', /\\/],
    ['an emoji several times', /😂😂/],
  ])('writes %s now and then', (_, pattern) => {
    expect(posts(2000).some(({ text }) => pattern.test(text))).toBe(true)
  })

  it('writes valid Unicode alone', () => {
    for (const post of posts(2000)) expect(JSON.stringify(post)).not.toMatch(/\\ud[89a-f]/i)
  })

  it('keeps to a size that a post has', () => {
    for (const post of posts(2000)) expect([...post.text].length).toBeLessThanOrEqual(320)
  })
})
