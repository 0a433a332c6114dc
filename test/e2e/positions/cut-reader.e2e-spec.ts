import { randomBytes } from 'node:crypto'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CutReaderService } from '../../../src/modules/positions/cut-reader.service.js'
import { CUT_RIGHTS, EPOCH_KEY } from '../../../src/modules/positions/missing-rights.js'
import type { RedisServer } from '../../support/redis/redis-server.js'
import { aConnection, aRedis } from '../../support/servers/fixtures.js'
import { eventually } from '../../support/waiting/eventually.js'

const CHANNEL = 'emojitrack.cut.test'
const MAX_IDS = 100_000

async function aReader(redis: RedisServer, user = ''): Promise<CutReaderService> {
  const reader = new CutReaderService({ url: `redis://${user}127.0.0.1:${redis.port}`, tlsCa: undefined, tlsInsecure: false }, new Set())
  onTestFinished(() => reader.disconnect())
  await new Promise<void>((resolve) => reader.connect(resolve))
  return reader
}

it('a cut has the scores of all valid ids, the sum of all, and the epoch, and publishes its marker', async () => {
  const redis = await aRedis()
  const client = aConnection(redis.url)
  const heard: string[] = []
  const subscriber = aConnection(redis.url).on('message', (_channel: string, token: string) => heard.push(token))
  await subscriber.subscribe(CHANNEL)
  const reader = await aReader(redis)

  expect(await reader.read(CHANNEL, 'first', MAX_IDS)).toEqual({
    kind: 'cut',
    cut: { scores: new Map(), sum: 0, areCounts: true, epoch: null },
  })
  await client.zadd('emojitrack_score', 9_007_199_254_740_000, '1F602', 2, '__proto__', 0, 'ZERO', 5, 'A\nB', 7, randomBytes(200))
  await client.set(EPOCH_KEY, 'abcdefgh')
  expect(await reader.read(CHANNEL, 'second', MAX_IDS)).toEqual({
    kind: 'cut',
    cut: {
      scores: new Map([
        ['ZERO', 0],
        ['__proto__', 2],
        ['1F602', 9_007_199_254_740_000],
      ]),
      sum: 9_007_199_254_740_014,
      areCounts: true,
      epoch: 'abcdefgh',
    },
  })
  await eventually('both markers have come', () => heard.length === 2)
  expect(heard).toEqual(['first', 'second'])
})

it.each([
  ['a fraction', 1.5],
  ['a negative number', -1],
  ['infinity', '+inf'],
  ['a number that is not exact', 1e17],
  ['a number that is the last exact one, beside another one', Number.MAX_SAFE_INTEGER],
])('a score that is %s is no count', async (_what, score) => {
  const redis = await aRedis()
  await aConnection(redis.url).zadd('emojitrack_score', 1, 'A', score, 'B')
  expect(await (await aReader(redis)).read(CHANNEL, '', MAX_IDS)).toMatchObject({ cut: { areCounts: false } })
})

it('a set of too many ids is not read', async () => {
  const redis = await aRedis()
  await aConnection(redis.url).zadd('emojitrack_score', 1, 'A', 1, 'B', 1, 'C')
  const reader = await aReader(redis)
  expect(await reader.read(CHANNEL, '', 2)).toEqual({ kind: 'too-many-ids', ids: 3 })
  expect(await reader.read(CHANNEL, '', 3)).toMatchObject({ kind: 'cut' })
})

it('keys of another type are an error that Redis names, and the next cut is a good one', async () => {
  const redis = await aRedis()
  const client = aConnection(redis.url)
  const reader = await aReader(redis)
  await client.hset(EPOCH_KEY, 'a', 'b')
  await expect(reader.read(CHANNEL, '', MAX_IDS)).rejects.toThrow('WRONGTYPE')
  await client.del(EPOCH_KEY)
  await client.set('emojitrack_score', 'text')
  await expect(reader.read(CHANNEL, '', MAX_IDS)).rejects.toThrow('WRONGTYPE')
  await client.del('emojitrack_score')
  expect(await reader.read(CHANNEL, '', MAX_IDS)).toMatchObject({ kind: 'cut' })
})

it('a data set is named once, and named anew by one node only', async () => {
  const redis = await aRedis()
  const [one, other] = [await aReader(redis), await aReader(redis)]
  const name = () => aConnection(redis.url).get(EPOCH_KEY)
  await Promise.all([one.nameEpoch(null, 'first'), other.nameEpoch(null, 'second')])
  const first = await name()
  expect(['first', 'second']).toContain(first)
  await Promise.all([one.nameEpoch(first, 'third'), other.nameEpoch(first, 'fourth')])
  const second = await name()
  expect(['third', 'fourth']).toContain(second)
  await one.nameEpoch(first, 'late')
  expect(await name()).toBe(second)
  // A name that was not given leaves no watch behind.
  expect(await one.read(CHANNEL, '', MAX_IDS)).toMatchObject({ cut: { epoch: second } })
})

describe('a user of Redis', () => {
  async function aUser() {
    const redis = await aRedis()
    const admin = aConnection(redis.url)
    const setUser = (...rules: string[]) =>
      admin.call('ACL', 'SETUSER', 'cutter', 'reset', 'on', '>pw', '-@all', '+ping', '+info', ...rules)
    await setUser()
    return { admin, setUser, connect: () => aReader(redis, 'cutter:pw@') }
  }

  const without = (right: string) => CUT_RIGHTS.filter((other) => other !== right)

  it.each(['', ...CUT_RIGHTS])('without the right %j gets the name of it', async (right) => {
    const { admin, setUser, connect } = await aUser()
    await setUser(...without(right))
    await admin.set(EPOCH_KEY, right === '+unwatch' ? 'other' : 'one')
    const outcome = await (await connect()).read(CHANNEL, '', MAX_IDS)
    const reader = await connect()
    const missing = [...(outcome.kind === 'not-permitted' ? outcome.missing : []), ...(await reader.nameEpoch('one', 'two'))]
    missing.push(...(await reader.nameEpoch(null, 'three')))
    expect([...new Set(missing)]).toEqual(right === '' ? [] : [right])
  })

  it('that may not end a transaction can make cuts once it may', async () => {
    const { setUser, connect } = await aUser()
    await setUser(...without('+exec'))
    const reader = await connect()
    expect(await reader.read(CHANNEL, '', MAX_IDS)).toEqual({ kind: 'not-permitted', missing: ['+exec'] })
    await setUser(...CUT_RIGHTS)
    expect(await reader.read(CHANNEL, '', MAX_IDS)).toMatchObject({ kind: 'cut' })
  })
})
