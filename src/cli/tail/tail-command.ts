import { type Command, InvalidArgumentError } from 'commander'
import { integerWithin } from '../options.js'
import { streamUrl } from './stream-url.js'

/** What to follow, as given on the command line. */
export interface TailOptions {
  /** Its origin, or where it is mounted: an http:// or https:// URL. */
  readonly server: string
  /** A namespace, the path after /subscribe/. */
  readonly stream: string
  /** How many emoji the table shows. */
  readonly top: number
}

const HELP = `
In a terminal, eps and raw are a table of the emoji that came most since the
start. All else, and whatever goes into a pipe or a file, is one line per event:
its data, after its name and a tab where the names of a stream's events differ.
The state goes to standard error. It reconnects by itself.

Examples:
  $ emojitrack-streamer tail --top 50
  $ emojitrack-streamer tail --stream details/2665 | jq -r .text
  $ emojitrack-streamer tail --server https://stream.example.org --stream raw`

export function addTailCommand(program: Command, action: (options: TailOptions) => Promise<void>): void {
  program
    .command('tail')
    .summary('follow a stream in the terminal')
    .description('Follows a stream of a running server.')
    .option('--server <url>', 'where the server is', httpUrl, 'http://localhost:8001')
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
