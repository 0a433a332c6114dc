import { randomInt } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '../../common/app-error.js'
import { loadEmoji } from '../../common/emoji/load-emoji.js'
import { byPopularity } from '../../common/emoji/popularity.js'
import { UpdateSource } from '../../common/emoji/update-source.js'
import { visible } from '../../common/logging/control-characters.js'
import { seededRandom } from '../../common/seeded-random.js'
import { RateMeter } from '../../common/stats/counters.js'
import { stopSignal } from '../stop-signal.js'
import { endWithReader, Terminal } from '../terminal.js'
import type { FeedOptions } from './feed-command.js'
import { FeedLink } from './feed-link.js'
import { feedTarget } from './feed-target.js'
import { progressText, summaryText } from './feed-texts.js'
import { demandLoopback } from './loopback.js'
import { Pacer } from './pacer.js'
import { seedData } from './seed-data.js'

/** How often updates are looked for that are due: those of a turn go in one pipeline. */
const TURN_MS = 4
const SHOW_MS = 250
const PRINT_MS = 5000

/**
 * Feeds a Redis until it is told to stop, or the run is over, and says how that went.
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
      // Random numbers of their own: the updates of a seed are the same with and without.
      const seeded = await seedData(link.redis, emoji, new UpdateSource(emoji, seededRandom(seed + 1))).catch((error: Error) => {
        throw new AppError('ERR_SEED_DATA', `scores and posts to start with could not be written: ${visible(error.message)}`)
      })
      terminal.print(seeded ? `gave scores and posts to ${emoji.length} emoji` : 'there are scores already: they go on from where they are')
    }
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
  while (!stop.aborted && link.refusal === null && !pacer.isOver(nowMs)) {
    await delay(TURN_MS, undefined, { signal: stop }).catch(() => undefined)
    nowMs = performance.now()
    const count = pacer.take(nowMs, link.room)
    link.send(
      Array.from({ length: count }, () => {
        const emoji = source.next()
        return { id: emoji.id, post: JSON.stringify(source.post(emoji, new Date())) }
      }),
    )
  }
  pacer.finish()
  const elapsedMs = Math.min(nowMs - startMs, limits.durationMs)
  await link.drain()
  clearInterval(reports)
  terminal.print(summaryText(figures(), elapsedMs))
  if (link.refusal !== null) throw link.refusal
  if (pacer.sent > 0 && link.acknowledged === 0)
    throw new AppError('ERR_NOTHING_FED', 'Redis took none of the updates: see what it said above')
}
