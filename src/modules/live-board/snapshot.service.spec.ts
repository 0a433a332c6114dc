import { expect, it, vi } from 'vitest'
import { positionsOf } from '../../../test/support/fakes/positions.js'
import { Snapshots } from '../../common/positions/snapshots.js'
import { ScoreLog } from '../../common/score-log/score-log.js'
import { NodeState } from '../../common/stats/node-stats.js'
import { SnapshotService } from './snapshot.service.js'

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
