// `npm run dev`: the compiler watches src/, Vite web/, and Node dist/. All end together, by Ctrl-C or when the compiler or Node ends.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { runTogether } from './run-together.mjs'
import { VITE_BUILDS } from './vite-builds.mjs'

process.chdir(join(import.meta.dirname, '..'))

// Node can only watch a program that exists. Type errors don't matter here: the compiler shows them again, and still writes its output.
spawnSync(process.execPath, ['scripts/build-if-needed.mjs'], { stdio: ['ignore', 'ignore', 'inherit'] })

runTogether([
  { args: ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--watch', '--preserveWatchOutput'] },
  // An emptied folder would lose the types of the client, which tsc has written there.
  ...VITE_BUILDS.map((args) => ({ args: ['node_modules/vite/bin/vite.js', ...args, '--watch', '--emptyOutDir', 'false'], optional: true })),
  { args: ['--watch', '--watch-preserve-output', '--enable-source-maps', 'dist/main.js'] },
])
