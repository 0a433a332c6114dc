import type { Command } from 'commander'
import { integerWithin, numberWithin } from '../options.js'

/** What the feed does, as given on the command line. */
export interface FeedOptions {
  /** A redis://, rediss:// or unix:// URL; may hold a password. */
  readonly redis?: string
  /** Updates per second, on average. */
  readonly rate: number
  readonly burst?: boolean
  /** Where the random numbers start, 0 to 2^32 - 1; without it anywhere. */
  readonly seed?: number
  readonly count?: number
  /** Seconds. */
  readonly duration?: number
  readonly seedData: boolean
  readonly yes?: boolean
}

const HELP = `
An update is what the feeder of emojitracker does for an emoji in a post: one
atomic script adds 1 to its score, publishes its id, puts the post before its
last ten, and publishes the post. Few emoji get most of the updates.

A Redis without scores gets some first, and ten posts for each emoji; one that
has scores keeps them, and they go on from there. Only a Redis on this machine
is fed, unless you say --yes. With --burst, 8 s at 0.36 of the rate and 2 s at
3.6 of it take turns.

For rediss://, REDIS_TLS_CA and REDIS_TLS_INSECURE hold as they do for the
server. Give a password by REDIS_URL: anybody here can see the command line.

Examples:
  $ emojitrack-streamer feed
  $ emojitrack-streamer feed --redis redis://localhost:6380/2 --rate 20000
  $ emojitrack-streamer feed --seed 42 --count 1000     the same updates each time
  $ REDIS_URL=rediss://:secret@staging:6379 emojitrack-streamer feed --yes`

export function addFeedCommand(program: Command, action: (options: FeedOptions) => Promise<void>): void {
  program
    .command('feed')
    .summary('put made-up updates into a Redis')
    .description('Stands in for the feeder of production: puts made-up updates into a Redis, until you stop it.')
    .option('--redis <url>', 'redis://, rediss:// or unix:///path (default: REDIS_URL, else redis://127.0.0.1:6379)')
    .option('--rate <n>', 'updates per second, on average', numberWithin(0.1, 100_000), 400)
    .option('--burst', 'let the rate rise and fall around that average')
    .option('--seed <n>', 'repeat the row of emoji and posts that this number stands for', integerWithin(0, 2 ** 32 - 1))
    .option('--count <n>', 'stop after so many updates', integerWithin(1, 1e12))
    .option('--duration <s>', 'stop after so many seconds', numberWithin(0.1, 1e9))
    .option('--no-seed-data', 'start an empty Redis without scores and posts')
    .option('--yes', 'feed a Redis on another machine')
    .showHelpAfterError('(try emojitrack-streamer feed --help)')
    .addHelpText('after', HELP)
    .action(async (options: FeedOptions) => await action(options))
}
