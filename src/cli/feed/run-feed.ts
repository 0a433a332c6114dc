import { randomInt } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { seededRandom } from '../../common/core/seeded-random.js'
import { loadEmoji } from '../../common/emoji/load-emoji.js'
import { byPopularity, UpdateSource } from '../../common/emoji/update-source.js'
import { visible } from '../../common/logging/logger.js'
import { AppError } from '../../common/platform/errors.js'
import { RateMeter } from '../../common/stats/counters.js'
import type { FeedOptions } from '../program.js'
import { endWithReader, stopSignal, Terminal } from '../terminal.js'
import { EPOCH_KEY, FeedLink, seedData } from './feed-link.js'
import { demandLoopback, feedTarget } from './feed-target.js'
import { Pacer } from './pacer.js'

/** The interval at which the feed checks whether Redis accepts updates again, ms. */
const RETRY_MS = 4
const SHOW_MS = 250
const PRINT_MS = 5000

/**
 * Feeds a Redis until a signal or the end of the run, and prints a summary.
 * @throws AppError ERR_CONFIG, ERR_FOREIGN_TARGET, ERR_REDIS_REFUSED, ERR_SEED_DATA, ERR_NOTHING_FED
 */
export async function runFeed(options: FeedOptions, environment: NodeJS.ProcessEnv): Promise<void> {
  const target = feedTarget(options.redis, environment)
  if (!options.yes && target.host !== null) await demandLoopback(target.host)
  endWithReader(process)
  const terminal = new Terminal(process.stdout, process.stderr)
  const stop = stopSignal()
  const seed = options.seed ?? randomInt(2 ** 32)
  terminal.print(`feeding ${target.label} with ${options.rate}/s${options.burst ? ' in bursts' : ''}, seed ${seed}`)

  const link = new FeedLink(target.options, (text) => terminal.note(text))
  try {
    await link.open(stop)
    const emoji = byPopularity(loadEmoji())
    if (options.seedData && !stop.aborted) {
      // A separate sequence of random numbers: the updates of a seed don't depend on this step.
      const seeded = await seedData(link.redis, emoji, new UpdateSource(emoji, seededRandom(seed + 1))).catch((error: Error) => {
        throw new AppError('ERR_SEED_DATA', `the initial scores and posts could not be written: ${visible(error.message)}`)
      })
      terminal.print(seeded ? `wrote scores and posts of ${emoji.length} emoji` : 'Redis has scores already: they are kept')
    }
    // The user of a feeder needs no right to read it.
    const epoch = stop.aborted ? null : await link.redis.get(EPOCH_KEY).catch(() => null)
    if (epoch !== null) terminal.print(`servers have named these scores: epoch ${visible(epoch)}`)
    await feed(options, link, new UpdateSource(emoji, seededRandom(seed)), terminal, stop)
  } finally {
    link.close()
  }
}

async function feed(options: FeedOptions, link: FeedLink, source: UpdateSource, terminal: Terminal, stop: AbortSignal): Promise<void> {
  const startMs = performance.now()
  const limits = { count: options.count ?? Number.POSITIVE_INFINITY, durationMs: (options.duration ?? Number.POSITIVE_INFINITY) * 1000 }
  const pacer = new Pacer({ perSecond: options.rate, burst: options.burst === true }, limits, startMs)
  const figures = () => ({ due: pacer.due, sent: pacer.sent, skipped: pacer.skipped, acknowledged: link.acknowledged, failed: link.failed })
  const meter = new RateMeter(startMs)
  const everyMs = terminal.isInteractive ? SHOW_MS : PRINT_MS
  const reports = setInterval(() => {
    meter.sample(link.acknowledged, performance.now())
    const text = progressText(figures(), meter.perSecond, performance.now() - startMs)
    if (terminal.isInteractive) terminal.show(text)
    else terminal.print(text)
  }, everyMs)

  let nowMs = startMs
  while (!stop.aborted && link.fatalError === null && !pacer.isOver(nowMs)) {
    await delay(link.room > 0 ? pacer.waitMs(nowMs) : RETRY_MS, undefined, { signal: stop }).catch(() => undefined)
    const turnMs = performance.now() - nowMs
    nowMs += turnMs
    // The last turn sends all that is due by then.
    const share = pacer.isOver(nowMs) ? Number.POSITIVE_INFINITY : pacer.share(nowMs, turnMs)
    const count = pacer.take(nowMs, Math.min(link.room, share))
    link.send(
      Array.from({ length: count }, () => {
        const emoji = source.next()
        return { id: emoji.id, post: JSON.stringify(source.post(emoji, new Date())) }
      }),
    )
  }
  pacer.finish()
  const elapsedMs = Math.min(nowMs - startMs, limits.durationMs)
  await link.awaitAnswers()
  clearInterval(reports)
  terminal.print(summaryText(figures(), elapsedMs))
  if (link.fatalError !== null) throw link.fatalError
  if (pacer.sent > 0 && link.acknowledged === 0)
    throw new AppError('ERR_NOTHING_FED', 'Redis accepted none of the updates: see its errors above')
}

/** The progress of a feed. */
export interface FeedFigures {
  /** Updates due by the schedule. */
  readonly due: number
  readonly sent: number
  /** Answered by Redis. */
  readonly acknowledged: number
  /** Rejected by Redis, or lost with the connection; Redis may have performed some of the latter. */
  readonly failed: number
  /** Not sent because Redis was away or slow for too long. */
  readonly skipped: number
}

/** The line of progress. */
export const progressText = (figures: FeedFigures, perSecond: number, elapsedMs: number): string =>
  `${clock(elapsedMs)}  ${perSecond.toFixed(1)}/s  ${figures.sent} sent${troubles(figures)}`

/** The last line. `sent + skipped = due`, and `acknowledged + failed = sent`. */
export const summaryText = (figures: FeedFigures, elapsedMs: number): string =>
  `${figures.due} updates due in ${(elapsedMs / 1000).toFixed(3)} s: ${figures.sent} sent, ${figures.acknowledged} acknowledged, ` +
  `${figures.failed} failed, ${figures.skipped} skipped`

const troubles = ({ failed, skipped }: FeedFigures) =>
  (failed > 0 ? `  ${failed} failed` : '') + (skipped > 0 ? `  ${skipped} skipped` : '')

function clock(ms: number): string {
  const seconds = Math.round(ms / 1000)
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  return parts.map((part) => String(part).padStart(2, '0')).join(':')
}
