import { HttpAdapterHost } from '@nestjs/core'
import { SchedulerRegistry } from '@nestjs/schedule'
import { DETAILS, EPS, RAW } from '../../src/common/core/namespace.js'
import { encodeEventName } from '../../src/common/core/sse-frame.js'
import { Positions } from '../../src/common/positions/positions.js'
import { RawDigest } from '../../src/common/score-log/raw-digest.js'
import type { ScoreLog } from '../../src/common/score-log/score-log.js'
import { ScoreSummary } from '../../src/common/score-log/score-summary.js'
import { NO_OPTIONS } from '../../src/modules/stream-gateway/fan-out/audience.js'
import { HubService } from '../../src/modules/stream-gateway/fan-out/hub.service.js'
import { CatchUpScheduler, SliceScheduler } from '../../src/modules/stream-gateway/fan-out/slice.scheduler.js'
import { configOf } from '../../test/support/fakes/config-of.js'
import type { Case } from './measure.js'
import { allIds, emptyLog } from './sample-log.js'
import { TakingOutlet } from './taking-outlet.js'

/** The updates of 17 ms at 400 a second. */
const WINDOW = 7
const POST = Buffer.from('x'.repeat(300))

export const fanOutCases = (): readonly Case[] => [
  broadcasting(1000),
  broadcasting(10_000),
  delivering(100),
  delivering(1000),
  messaging(100),
  messaging(1000),
]

/** Appends one window and sends its sum to all subscribers. */
function broadcasting(subscribers: number): Case {
  const log = emptyLog()
  const hub = hubOf(subscribers, log)
  const fanOut = hub.follow(EPS, log, new ScoreSummary(log, encodeEventName(EPS)))
  openAll(hub, subscribers, EPS)
  const run = () => {
    append(log)
    fanOut.flush(log.position, 0)
    return TakingOutlet.taken
  }
  return { name: `broadcast of an eps frame to ${subscribers}, per subscriber`, ops: subscribers, run }
}

/** Encodes the raw frames of one window and writes them to all subscribers. */
function delivering(subscribers: number): Case {
  const log = emptyLog()
  const hub = hubOf(subscribers, log)
  const fanOut = hub.follow(RAW, log, new RawDigest(log))
  openAll(hub, subscribers, RAW)
  const run = () => {
    append(log)
    fanOut.flush(log.position, 0)
    return TakingOutlet.taken
  }
  return { name: `delivery of ${WINDOW} raw frames to ${subscribers}, per subscriber`, ops: subscribers, run }
}

/** Broadcasts the details of one window, and writes them to all subscribers. */
function messaging(subscribers: number): Case {
  const hub = hubOf(subscribers)
  openAll(hub, subscribers, DETAILS)
  const run = () => {
    for (let index = 0; index < WINDOW; index++) hub.broadcast([DETAILS], POST, 'stream.tweet_updates.1F602')
    hub.deliver()
    return TakingOutlet.taken
  }
  return { name: `delivery of ${WINDOW} details to ${subscribers}, per subscriber`, ops: subscribers, run }
}

function append(log: ScoreLog): void {
  for (let index = 0; index < WINDOW; index++) log.append(allIds[index] ?? Buffer.alloc(0))
  log.seal()
}

/** One slice for all subscribers: the round ends in the turn of the event loop in which it begins, so its time can be taken. */
class OneSlice extends SliceScheduler {
  constructor(override readonly sliceSize: number) {
    super({ commit: () => undefined }, { end: fail }, new HttpAdapterHost())
  }
}

function fail(task: string, error: unknown): never {
  throw new Error(`the task ${task} has failed`, { cause: error })
}

const hubOf = (subscribers: number, log = emptyLog()): HubService =>
  new HubService(
    configOf(),
    new OneSlice(subscribers + 1),
    new CatchUpScheduler(new SchedulerRegistry()),
    log,
    new Positions(log, () => 'benchmark', 0),
  )

function openAll(hub: HubService, subscribers: number, namespace: string): void {
  const kind = { namespaces: [namespace], isNamed: false, isChunked: true, ...NO_OPTIONS }
  const request = { requestPath: `/subscribe/${namespace}`, clientIp: '127.0.0.1', userAgent: 'bench', token: null }
  for (let index = 0; index < subscribers; index++) hub.open(kind, request, new TakingOutlet(), Number.POSITIVE_INFINITY)
}
