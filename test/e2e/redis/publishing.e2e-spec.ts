import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Child } from '../../support/servers/child.js'
import { aConnection, aRedis } from '../../support/servers/fixtures.js'
import { eventually } from '../../support/waiting/eventually.js'

const PAGE = readFileSync('docs/publishing.md', 'utf8')
const END_MS = 20_000
/** Only Node minds the ending. */
const FILE = 'program.mjs'
/** Debian's own interpreter, which its package python3-redis belongs to; another one may come first in the PATH. */
const PYTHON = '/usr/bin/python3'

/** The only block of code in that language. */
function block(language: string): string {
  const blocks = [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, code = '']) => code)
  expect(blocks).toHaveLength(1)
  return blocks[0] ?? ''
}

/** A program of the page: the language of its block, the command that runs it, and a change that its folder needs. */
interface Program {
  readonly name: string
  readonly language: string
  readonly command: string
  readonly prepare?: (code: string) => string
}

const PROGRAMS: readonly Program[] = [
  { language: 'sh', command: 'sh', name: 'redis-cli' },
  { language: 'python', command: PYTHON, name: 'Python' },
  { language: 'ruby', command: 'ruby', name: 'Ruby' },
  { language: 'php', command: 'php', name: 'PHP' },
  {
    language: 'js',
    command: process.execPath,
    name: 'Node',
    prepare: (code: string) => code.replace("'ioredis'", `'${import.meta.resolve('ioredis')}'`),
  },
]

describe('docs/publishing.md', () => {
  it('has for each client a program that performs a whole update with no more rights than the page gives', async () => {
    const redis = await aRedis()
    const admin = aConnection(redis.url)
    const [, rules = ''] = /^ACL SETUSER <publisher> on ><password> (.*)$/m.exec(PAGE) ?? []
    expect(await admin.call('ACL', 'SETUSER', 'publisher', 'on', '>secret', ...rules.split(' '))).toBe('OK')

    const messages: string[][] = []
    const subscriber = aConnection(redis.url)
    subscriber.on('message', (...message: string[]) => messages.push(message))
    await subscriber.subscribe('stream.score_updates', 'stream.tweet_updates.1F602')

    for (const [index, { language, command, name, prepare = (code: string) => code }] of PROGRAMS.entries()) {
      messages.length = 0
      const child = await Child.spawn(
        command,
        [FILE],
        { ...process.env, REDIS_URL: redis.url.replace('//', '//publisher:secret@') },
        { 'publish.lua': block('lua'), [FILE]: prepare(block(language)) },
      )
      await eventually(`the program in ${name} has ended`, () => child.exit !== undefined, END_MS)
      expect([name, child.exit?.code, child.errors]).toEqual([name, 0, ''])
      await eventually(`both messages of ${name}`, () => messages.length === 2)
      const post = await admin.lindex('emojitrack_tweets_1F602', 0)
      expect(JSON.parse(post ?? '')).toEqual({ text: `from ${name}` })
      expect(messages).toEqual([
        ['stream.score_updates', '1F602'],
        ['stream.tweet_updates.1F602', post],
      ])
      expect(await admin.zscore('emojitrack_score', '1F602')).toBe(String(index + 1))
    }
  })

  it('has the script of the command feed', () => {
    const lines = block('lua')
      .split('\n')
      .filter((line) => line.startsWith('redis.'))
    const feed = readFileSync('src/cli/feed/feed-link.ts', 'utf8').replace(/\$\{POSTS_KEPT - 1\}/, '9')
    expect(lines).toHaveLength(5)
    expect(feed).toContain(lines.join('\n'))
  })
})
