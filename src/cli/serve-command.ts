import type { Command } from 'commander'

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
