import { Command } from 'commander'
import { addFeedCommand, type FeedOptions } from './feed/feed-command.js'
import { addServeCommand } from './serve-command.js'
import { addTailCommand, type TailOptions } from './tail/tail-command.js'

/** What the commands do; each is given its options, checked. */
export interface Actions {
  serve(): Promise<void>
  feed(options: FeedOptions): Promise<void>
  tail(options: TailOptions): Promise<void>
}

export const PROGRAM = 'emojitrack-streamer'

const EXAMPLES = `
Examples:
  $ ${PROGRAM} serve     the server, on port 8001
  $ ${PROGRAM} feed      made-up updates into the Redis of this machine
  $ ${PROGRAM} tail      what happens, as a table

Each command has help of its own: ${PROGRAM} help feed`

/** The command line: `serve`, `feed` and `tail`. Errors in what the user typed end the process with code 1 and a hint. */
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
