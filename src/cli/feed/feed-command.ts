import type { Command } from 'commander'
import { integerWithin, numberWithin } from '../options.js'

/** The options of `feed`. */
export interface FeedOptions {
  /** A redis://, rediss:// or unix:// URL; may hold a password. */
  readonly redis?: string
  /** Updates per second, on average. */
  readonly rate: number
  readonly burst?: boolean
  /** The seed of the random numbers, 0 to 2^32 - 1; default: a random one. */
  readonly seed?: number
  readonly count?: number
  /** Seconds. */
  readonly duration?: number
  readonly seedData: boolean
  readonly yes?: boolean
}

const HELP = `
An update does the same as the feeder of emojitracker for an emoji in a post: one
atomic script adds 1 to its score, publishes its id, stores the post as the newest
of ten, and publishes the post. Few emoji get most of the updates.

A Redis without scores first gets scores, and ten posts for each emoji; existing
scores are kept and increased. A Redis on another machine needs the option --yes.
With --burst, 8 s at 0.36 of the rate alternate with 2 s at 3.6 of the rate.

For rediss://, REDIS_TLS_CA and REDIS_TLS_INSECURE apply as for the server. Pass
a password in REDIS_URL: every user of this machine can see the command line.

Examples:
  $ emojitrack-streamer feed
  $ emojitrack-streamer feed --redis redis://localhost:6380/2 --rate 20000
  $ emojitrack-streamer feed --seed 42 --count 1000     the same updates each time
  $ REDIS_URL=rediss://:secret@staging:6379 emojitrack-streamer feed --yes`

export function addFeedCommand(program: Command, action: (options: FeedOptions) => Promise<void>): void {
  program
    .command('feed')
    .summary('publish made-up updates to a Redis')
    .description('Replaces the feeder of production for tests: publishes made-up updates to a Redis until you stop it.')
    .option('--redis <url>', 'redis://, rediss:// or unix:///path (default: REDIS_URL, else redis://127.0.0.1:6379)')
    .option('--rate <n>', 'updates per second, on average', numberWithin(0.1, 100_000), 400)
    .option('--burst', 'alternate between a low and a high rate')
    .option('--seed <n>', 'seed of the sequence of emoji and posts', integerWithin(0, 2 ** 32 - 1))
    .option('--count <n>', 'stop after this many updates', integerWithin(1, 1e12))
    .option('--duration <s>', 'stop after this many seconds', numberWithin(0.1, 1e9))
    .option('--no-seed-data', 'add no scores and posts to an empty Redis')
    .option('--yes', 'allow a Redis on another machine')
    .showHelpAfterError('(try emojitrack-streamer feed --help)')
    .addHelpText('after', HELP)
    .action(async (options: FeedOptions) => await action(options))
}
