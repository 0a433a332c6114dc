import { expect, it } from 'vitest'
import { FIGURES, readingOf } from './reading.js'

const DOCUMENT = {
  node: 'nest-test-box',
  state: 'serving',
  reported_at_ms: 1_700_000_000_500,
  uptime_s: 7,
  connections_total: 3,
  streams: { eps: 2, raw: 0, details: 1, kiosk_interaction: 0 },
  updates_per_s: 403.8,
  frames_per_s: 12,
  bytes_per_s: 3000,
  flushes_per_s: 58.8,
  rounds_per_s: 57,
  round_lag_ms: 3.2,
  slow_connections: 1,
  buffered_bytes: 4096,
  ingest: { source: 'redis', state: 'ready', silent_ms: 9, last_error: null },
  positions: { mode: 'private', epoch: 'k3v9q0p2', position: 48, oldest: 7, healed: 17, since: 1, reason: 'drift' },
  resumes: { served: 12, reset: 1 },
}

it('reads what the server tells', () => {
  expect(readingOf(JSON.stringify(DOCUMENT))).toMatchObject({
    node: 'nest-test-box',
    atS: 1_700_000_000.5,
    figures: {
      updates: 403.8,
      frames: 12,
      bytes: 3000,
      flushes: 58.8,
      rounds: 57,
      slow: 1,
      streams: 3,
      eps: 2,
      raw: 0,
      details: 1,
      kiosk: 0,
    },
    ingest: { source: 'redis', state: 'ready', silentMs: 9, lastError: '' },
    positions: { mode: 'private', epoch: 'k3v9q0p2', position: 48, healed: 17, reason: 'drift' },
    resumes: { served: 12, reset: 1 },
  })
})

it('tells the streams of plug-ins each, and in all', () => {
  const { figures, plugIns } = readingOf(JSON.stringify({ ...DOCUMENT, streams: { ...DOCUMENT.streams, trending: 2, orders: 5 } })) ?? {}
  expect(plugIns).toEqual([
    ['orders', 5],
    ['trending', 2],
  ])
  expect(figures).toMatchObject({ eps: 2, plugIns: 7 })
  expect(readingOf(JSON.stringify(DOCUMENT))).toMatchObject({ plugIns: [], figures: { plugIns: null } })
})

it('takes a figure that is missing, or none, as missing', () => {
  const reading = readingOf('{"reported_at_ms":1000,"updates_per_s":"many","streams":[1],"ingest":null}')
  expect(Object.keys(reading?.figures ?? {})).toEqual(expect.arrayContaining([...FIGURES]))
  expect(new Set(Object.values(reading?.figures ?? {}))).toEqual(new Set([null]))
  expect(reading?.ingest).toEqual({ source: '', state: '', silentMs: null, lastError: '' })
  expect(reading).toMatchObject({ positions: null, resumes: { served: null, reset: null } })
})

it.each(['', 'x', 'null', '[]', '7', '{}', '{"reported_at_ms":"now"}'])('takes %j for no document', (json) => {
  expect(readingOf(json)).toBeNull()
})
