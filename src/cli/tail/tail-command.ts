import { type Command, InvalidArgumentError } from 'commander'
import { integerWithin } from '../options.js'
import { streamUrl } from './stream-url.js'

/** The options of `tail`. */
export interface TailOptions {
  /** The server's origin, or the URL at which it is mounted: http:// or https://. */
  readonly server: string
  /** A namespace, the path after /subscribe/. */
  readonly stream: string
  /** The number of rows of the table. */
  readonly top: number
}

const HELP = `
In a terminal, eps and raw are shown as a table of the most frequent emoji since
the start. Other streams, and any output to a pipe or a file, have one line per
event: its data, preceded by its name and a tab if the names of the events differ.
The state is printed on standard error. The command reconnects by itself.

Examples:
  $ emojitrack-streamer tail --top 50
  $ emojitrack-streamer tail --stream details/2665 | jq -r .text
  $ emojitrack-streamer tail --server https://stream.example.org --stream raw`

export function addTailCommand(program: Command, action: (options: TailOptions) => Promise<void>): void {
  program
    .command('tail')
    .summary('follow a stream in the terminal')
    .description('Follows a stream of a running server.')
    .option('--server <url>', 'address of the server', httpUrl, 'http://localhost:8001')
    .option('--stream <namespace>', 'eps, raw, details/<id>, details, or the stream of a plug-in', namespace, 'eps')
    .option('--top <n>', 'rows of the table', integerWithin(1, 1000), 20)
    .showHelpAfterError('(try emojitrack-streamer tail --help)')
    .addHelpText('after', HELP)
    .action(async (options: TailOptions) => await action(options))
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
