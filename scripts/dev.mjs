// `npm run dev`: the compiler watches src/, Vite web/, and Node dist/. All end together, by Ctrl-C or when one of them ends.
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { VITE_BUILDS } from './vite-builds.mjs'

process.chdir(join(import.meta.dirname, '..'))

// Node can only watch a program that exists. Type errors don't matter here: the compiler shows them again, and still writes its output.
spawnSync(process.execPath, ['scripts/build-if-needed.mjs'], { stdio: ['ignore', 'ignore', 'inherit'] })

const children = [
  ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--watch', '--preserveWatchOutput'],
  // An emptied folder would lose the types of the client, which tsc has written there.
  ...VITE_BUILDS.map((args) => ['node_modules/vite/bin/vite.js', ...args, '--watch', '--emptyOutDir', 'false']),
  ['--watch', '--watch-preserve-output', '--enable-source-maps', 'dist/main.js'],
].map((args) => spawn(process.execPath, args, { stdio: 'inherit' }))

const stop = () => {
  for (const child of children) child.kill()
}

for (const child of children) child.on('exit', stop)
process.on('SIGINT', stop)
process.on('SIGTERM', stop)
