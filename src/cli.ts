#!/usr/bin/env node
import { createProgram } from './cli/program.js'
import { exitWithError, ownVersion } from './common/platform/process.js'

// Each command loads its modules when it runs, so that help is printed at once.
const program = createProgram(ownVersion(), {
  serve: async () => void (await import('./main.js')),
  feed: async (options) => await (await import('./cli/feed/run-feed.js')).runFeed(options, process.env),
  tail: async (options) => await (await import('./cli/tail/run-tail.js')).runTail(options, process.env),
})

program.parseAsync().catch(exitWithError)
