import { gunzipSync } from 'node:zlib'
import { describe, expect, it, vi } from 'vitest'
import { positionsOf } from '../../../test/support/fakes/positions.js'
import { Snapshots } from '../../common/positions/snapshots.js'
import { ScoreLog } from '../../common/score-log/score-log.js'
import { NodeState } from '../../common/stats/node-stats.js'
import { acceptsGzip, matches, SnapshotDocument, SnapshotService } from './snapshot.service.js'

function setUp(source: NodeState['source']) {
  const log = new ScoreLog({ capacity: 1024, maxIds: 100, seed: 1 })
  const { totals, positions } = positionsOf(log)
  const node = new NodeState()
  node.source = source
  const service = new SnapshotService(new Snapshots(log, totals, positions, source !== 'redis'), positions, node)
  const fields = (): Record<string, unknown> | null => JSON.parse(service.document()?.plain.bytes.toString() ?? 'null')
  return { log, positions, service, fields }
}

it('knows nothing of Redis before the first cut, and its own source from the start', () => {
  const { positions, fields } = setUp('redis')
  expect(fields()).toBeNull()
  positions.setReason('no-rights', 1000)
  expect(fields()).toMatchObject({ source: 'redis', exact: false, scores: {} })
  expect(setUp('demo').fields()).toMatchObject({ source: 'demo', exact: true, scores: {} })
})

it('is one document, with one tag, until the snapshot is another one', () => {
  vi.useFakeTimers({ toFake: ['performance', 'Date'] })
  try {
    const { log, service, fields } = setUp('demo')
    const first = service.document()
    log.append(Buffer.from('2665'))
    expect(service.document()).toBe(first)
    vi.advanceTimersByTime(1000)
    expect(fields()).toMatchObject({ scores: { 2665: 1 }, reported_at: Math.floor(Date.now() / 1000) })
    expect(service.document()?.plain.etag).not.toBe(first?.plain.etag)
    expect(service.document()).toBe(service.document())
  } finally {
    vi.useRealTimers()
  }
})

const SNAPSHOT = { at: 7, id: 'abcdefgh-7', isExact: true, json: Buffer.from('{"2665":3,"__proto__":1}') }
const HEAD = { source: 'redis', reportedAt: 1_700_000_000 } as const

describe('SnapshotDocument', () => {
  it('is the totals with the position that they belong to', () => {
    const { plain } = new SnapshotDocument(SNAPSHOT, HEAD, 'tag-1')
    expect(plain).toEqual({
      bytes: Buffer.from('{"source":"redis","reported_at":1700000000,"id":"abcdefgh-7","exact":true,"scores":{"2665":3,"__proto__":1}}'),
      etag: '"tag-1"',
    })
  })

  it('is compressed once, under a tag of its own', async () => {
    const document = new SnapshotDocument(SNAPSHOT, HEAD, 'tag-1')
    const [first, second] = await Promise.all([document.gzipped(), document.gzipped()])
    expect(first).toBe(second)
    expect(first.etag).toBe('"tag-1-gzip"')
    expect(gunzipSync(first.bytes)).toEqual(document.plain.bytes)
  })
})

it.each([
  ['gzip', true],
  ['gzip, deflate, br, zstd', true],
  ['br;q=1.0, GZIP;q=0.5', true],
  ['x-gzip', true],
  ['*', true],
  ['', false],
  [undefined, false],
  ['br', false],
  ['identity', false],
  ['gzip;q=0', false],
  ['gzip; q=0.000, *', false],
  ['gzip;q=often', false],
])('Accept-Encoding: %s takes gzip: %s', (header, isTaken) => {
  expect(acceptsGzip(header)).toBe(isTaken)
})

it.each([
  ['"a-1"', true],
  ['W/"a-1"', true],
  ['"b", "a-1" ,"c"', true],
  ['*', true],
  ['"a-1-gzip"', false],
  ['a-1', false],
  ['', false],
  [undefined, false],
])('If-None-Match: %s names "a-1": %s', (header, isNamed) => {
  expect(matches(header, '"a-1"')).toBe(isNamed)
})
