import { describe, expect, it } from 'vitest'
import { postOf } from './post.js'

const withLinks = (...links: readonly unknown[]) => postOf(JSON.stringify({ text: '', links })).links

describe('a post', () => {
  it('is read from what the feeder publishes', () => {
    const data = {
      id: '1',
      text: 'one\ntwo',
      screen_name: 'someone',
      name: 'Some One',
      links: ['https://example.com/a?b=c#d'],
      profile_image_url: null,
      created_at: '2024-01-02T03:04:05.000Z',
    }
    expect(postOf(JSON.stringify(data))).toEqual({
      text: 'one\ntwo',
      name: 'Some One',
      screenName: 'someone',
      atMs: Date.UTC(2024, 0, 2, 3, 4, 5),
      links: [{ url: 'https://example.com/a?b=c#d', label: 'example.com/a' }],
    })
  })

  it('may lack anything', () => {
    expect(postOf('{}')).toEqual({ text: '', name: '', screenName: '', atMs: null, links: [] })
    expect(postOf('{"text":1,"links":{"0":"https://a.example"},"created_at":"yesterday"}')).toEqual(postOf('{}'))
  })

  it.each(['not JSON', '"text"', '[1]', ''])('is shown as it stands when it is no object: %o', (data) => {
    expect(postOf(data)).toEqual({ text: data, name: '', screenName: '', atMs: null, links: [] })
  })

  it('keeps its lines, whatever ends them, and what is indented', () => {
    expect(postOf(JSON.stringify({ text: 'a\r\n  b\rc\n\nd' })).text).toBe('a\n  b\nc\n\nd')
  })

  it('is cut when it is long, never in the middle of a character', () => {
    const { text, name } = postOf(JSON.stringify({ text: `a${'😂'.repeat(5000)}`, name: 'n'.repeat(500) }))
    expect(text.length).toBeLessThanOrEqual(2001)
    expect(text).toMatch(/^a(?:😂)+…$/u)
    expect(name).toBe(`${'n'.repeat(100)}…`)
  })
})

describe('the links of a post', () => {
  it.each([
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    ' \tjava\nscript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:x',
    'file:///etc/passwd',
    '//example.com',
    '/path',
    'https://',
    '',
    null,
    {},
  ])('are none of %o', (link) => {
    expect(withLinks(link)).toEqual([])
  })

  it('are addresses in full, or as Twitter gave them', () => {
    expect(
      withLinks(
        'HTTP://EXAMPLE.com',
        { url: 'https://t.example/1', expanded_url: 'https://long.example/2' },
        { url: 'https://t.example/3' },
      ),
    ).toEqual([
      { url: 'http://example.com/', label: 'example.com' },
      { url: 'https://long.example/2', label: 'long.example/2' },
      { url: 'https://t.example/3', label: 't.example/3' },
    ])
  })

  it('name the host that they lead to, and no other', () => {
    expect(withLinks('https://bank.example@evil.example/')).toEqual([{ url: 'https://evil.example/', label: 'evil.example' }])
  })

  it('escape what could end an attribute, and are few and short', () => {
    expect(withLinks('https://example.com/"><script>')[0]?.url).toBe('https://example.com/%22%3E%3Cscript%3E')
    const many = withLinks(...Array.from({ length: 50 }, (_, index) => `https://example.com/${index}/${'x'.repeat(500)}`))
    expect(many).toHaveLength(4)
    for (const { label } of many) expect(label.length).toBeLessThanOrEqual(41)
  })
})
