import { Command, InvalidArgumentError } from 'commander'
import { streamUrl } from './tail/stream-url.js'

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

/** The options of `tail`. */
export interface TailOptions {
  /** The server's origin, or the URL at which it is mounted: http:// or https://. */
  readonly server: string
  /** A namespace, the path after /subscribe/. */
  readonly stream: string
  /** The number of rows of the table. */
  readonly top: number
  /** True: the counts begin with those in Redis. Only for streams of eps. */
  readonly snapshot?: boolean
  /** True: events have totals in place of increments. Only for streams of eps. */
  readonly totals?: boolean
}

/** The actions of the commands. Each gets its options, validated. */
export interface Actions {
  serve(): Promise<void>
  feed(options: FeedOptions): Promise<void>
  tail(options: TailOptions): Promise<void>
}

const PROGRAM = 'emojitrack-streamer'

const EXAMPLES = `
Examples:
  $ ${PROGRAM} serve     runs the server, on port 8001
  $ ${PROGRAM} feed      publishes made-up updates to the local Redis
  $ ${PROGRAM} tail      follows the updates, as a table

Each command has help of its own: ${PROGRAM} help feed`

/** The command line: `serve`, `feed` and `tail`. A usage error ends the process with code 1 and a hint. */
export function createProgram(version: string, actions: Actions): Command {
  const program = new Command(PROGRAM)
    .description('Turns a Redis firehose of score updates into Server-Sent Events for very many browsers.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .showHelpAfterError(`(try ${PROGRAM} --help)`)
    .addHelpText('after', EXAMPLES)
  addServeCommand(program, actions.serve)
  addFeedCommand(program, actions.feed)
  addTailCommand(program, actions.tail)
  return program
}

const SERVE_HELP = `
Environment variables set everything: PORT, REDIS_URL, WORKERS and many more
(docs/configuration.md of the package has all); a file .env in the working folder
may hold them. Without REDIS_URL it streams made-up updates.

Examples:
  $ emojitrack-streamer serve
  $ PORT=9000 REDIS_URL=redis://localhost:6379 emojitrack-streamer serve
  $ WORKERS=auto emojitrack-streamer serve`

function addServeCommand(program: Command, action: () => Promise<void>): void {
  program
    .command('serve')
    .summary('run the server')
    .description('Runs the server, as npm start does.')
    .showHelpAfterError('(try emojitrack-streamer serve --help)')
    .addHelpText('after', SERVE_HELP)
    .action(async () => await action())
}

const FEED_HELP = `
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

function addFeedCommand(program: Command, action: (options: FeedOptions) => Promise<void>): void {
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
    .addHelpText('after', FEED_HELP)
    .action(async (options: FeedOptions) => await action(options))
}

const TAIL_HELP = `
In a terminal, eps and raw are shown as a table of the most frequent emoji since
the start. Other streams, and any output to a pipe or a file, have one line per
event: its data, preceded by its name and a tab if the names of the events differ.
The state is printed on standard error, and at the end how much came. The command
reconnects by itself, and resumes: nothing is missed unless it says so.

Examples:
  $ emojitrack-streamer tail --top 50
  $ emojitrack-streamer tail --snapshot              counts in Redis, from now on
  $ emojitrack-streamer tail --stream eps/2665 --totals
  $ emojitrack-streamer tail --stream details/2665 | jq -r .text
  $ emojitrack-streamer tail --server https://stream.example.org --stream raw`

function addTailCommand(program: Command, action: (options: TailOptions) => Promise<void>): void {
  program
    .command('tail')
    .summary('follow a stream in the terminal')
    .description('Follows a stream of a running server.')
    .option('--server <url>', 'address of the server', httpUrl, 'http://localhost:8001')
    .option('--stream <namespace>', 'eps, eps/<id>, raw, details/<id>, details, or the stream of a plug-in', namespace, 'eps')
    .option('--top <n>', 'rows of the table', integerWithin(1, 1000), 20)
    .option('--snapshot', 'begin with the totals of all ids; for eps')
    .option('--totals', 'totals in place of increments, those of all ids first; for eps')
    .showHelpAfterError('(try emojitrack-streamer tail --help)')
    .addHelpText('after', TAIL_HELP)
    .action(async (options: TailOptions, command: Command) => {
      const option = options.totals ? '--totals' : '--snapshot'
      if ((options.totals || options.snapshot) && !isOfEps(options.stream)) {
        command.error(`error: option '${option}' is for the streams eps and eps/<id>, not for '${options.stream}'`)
      }
      await action(options)
    })
}

const isOfEps = (stream: string): boolean => stream === 'eps' || stream.startsWith('eps/')

/** A parser of an option's number between two bounds, both included. */
const numberWithin =
  (min: number, max: number) =>
  (text: string): number => {
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= min && value <= max)) throw new InvalidArgumentError(`It must be a number from ${min} to ${max}.`)
    return value
  }

/** A parser of an option's whole number between two bounds, both included. */
const integerWithin =
  (min: number, max: number) =>
  (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= min && value <= max)) throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
    return value
  }

function httpUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new InvalidArgumentError('It must look like http://localhost:8001.')
  }
  return text
}

function namespace(text: string): string {
  if (streamUrl('http://localhost', text) === null) throw new InvalidArgumentError('It must look like eps, raw or details/2665.')
  return text
}
