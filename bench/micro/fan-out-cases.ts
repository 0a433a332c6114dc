import { EPS, RAW } from '../../src/common/core/namespace.js'
import type { ScoreLog } from '../../src/common/score-log/score-log.js'
import { Hub } from '../../src/modules/stream-gateway/hub.js'
import type { Case } from './measure.js'
import { allIds, emptyLog } from './sample-log.js'
import { TakingOutlet } from './taking-outlet.js'

/** The updates of 17 ms at 400 a second. */
const WINDOW = 7

export const fanOutCases = (): readonly Case[] => [broadcasting(1000), broadcasting(10_000), delivering(100), delivering(1000)]

/** Appends one window and sends its sum to all subscribers. */
function broadcasting(subscribers: number): Case {
  const log = emptyLog()
  const hub = hubOf(log, subscribers, EPS)
  const run = () => {
    for (let index = 0; index < WINDOW; index++) log.append(allIds[index] ?? Buffer.alloc(0))
    hub.scores.flush(log.position, 0)
    return TakingOutlet.taken
  }
  return { name: `broadcast of an eps frame to ${subscribers}, per subscriber`, ops: subscribers, run }
}

/** Encodes the raw frames of one window and writes them to all subscribers. */
function delivering(subscribers: number): Case {
  const hub = hubOf(emptyLog(), subscribers, RAW)
  const run = () => {
    for (const audience of hub.listeners(RAW)) {
      for (let index = 0; index < WINDOW; index++) hub.offer(audience, audience.encodeRaw(allIds[index] ?? Buffer.alloc(0)))
    }
    hub.deliver(performance.now())
    return TakingOutlet.taken
  }
  return { name: `delivery of ${WINDOW} raw frames to ${subscribers}, per subscriber`, ops: subscribers, run }
}

function hubOf(log: ScoreLog, subscribers: number, namespace: string): Hub {
  const hub = new Hub({
    log,
    writer: 'socket.write',
    limits: { queueMaxBytes: 1_048_576, queueStallMs: 10_000, epsStallMs: 300_000 },
    // One slice for all subscribers: the round ends in the turn of the event loop in which it begins, so its time can be taken.
    slice: subscribers + 1,
    onLagging: () => undefined,
    onOpened: () => undefined,
    onClosed: () => undefined,
  })
  const kind = { namespaces: [namespace], isNamed: false, isChunked: true }
  const request = { requestPath: `/subscribe/${namespace}`, clientIp: '127.0.0.1', userAgent: 'bench' }
  for (let index = 0; index < subscribers; index++) hub.open(kind, request, new TakingOutlet(), performance.now())
  return hub
}
