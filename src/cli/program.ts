import { Command } from 'commander'
import { addFeedCommand, type FeedOptions } from './feed/feed-command.js'
import { addTailCommand, type TailOptions } from './tail/tail-command.js'

/** The actions of the commands. Each gets its options, validated. */
export interface Actions {
  serve(): Promise<void>
  feed(options: FeedOptions): Promise<void>
  tail(options: TailOptions): Promise<void>
}

export const PROGRAM = 'emojitrack-streamer'

const EXAMPLES = `
Examples:
  $ ${PROGRAM} serve     runs the server, on port 8001
  $ ${PROGRAM} feed      publishes made-up updates to the Redis of this machine
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

const HELP = `
Environment variables set everything: PORT, REDIS_URL, WORKERS and many more
(docs/configuration.md of the package has all); a file .env in the working folder
may hold them. Without REDIS_URL it streams made-up updates.

Examples:
  $ emojitrack-streamer serve
  $ PORT=9000 REDIS_URL=redis://localhost:6379 emojitrack-streamer serve
  $ WORKERS=auto emojitrack-streamer serve`

export function addServeCommand(program: Command, action: () => Promise<void>): void {
  program
    .command('serve')
    .summary('run the server')
    .description('Runs the server, as npm start does.')
    .showHelpAfterError('(try emojitrack-streamer serve --help)')
    .addHelpText('after', HELP)
    .action(async () => await action())
}
