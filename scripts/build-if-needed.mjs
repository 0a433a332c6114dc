// Builds dist/ if it is missing or older than its sources; with --force always. `npm start` and `npm run build` run this script.
// Node's built-ins only: with an up-to-date dist/ this runs where no development package is installed.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { linkPackage } from './link-package.mjs'
import { PAGES, VITE_BUILDS } from './vite-builds.mjs'

process.chdir(join(import.meta.dirname, '..'))

// The time of the last build that succeeded. The compiler's own files can't tell: it writes them after errors too,
// and leaves them untouched when a newer source compiles to the same.
const STAMP = 'dist/.built'
const PROGRAM = 'dist/main.js'
const OUTPUTS = [PROGRAM, ...PAGES.map((page) => `dist/web/${page}/index.html`), 'dist/client/index.js', 'dist/client/index.d.ts']

const mtimeMs = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0

function newestSourceMs() {
  // Folders count as well: the removal of a file changes only the time of its folder.
  const folders = ['src', 'web']
  const sources = folders.flatMap((folder) => readdirSync(folder, { recursive: true }).map((name) => `${folder}/${name}`))
  const configs = ['tsconfig.json', 'tsconfig.build.json', 'vite.config.ts', 'vite.client.config.ts', 'package-lock.json']
  return Math.max(...[...folders, ...sources, ...configs].map(mtimeMs))
}

function isUpToDate() {
  if (!OUTPUTS.every((path) => existsSync(path))) return false
  // A deployment may carry dist/ alone.
  return !existsSync('src') || mtimeMs(STAMP) >= newestSourceMs()
}

function build() {
  // The compiler remembers its last build, and would skip files that are missing from its output.
  if (!existsSync(PROGRAM)) rmSync('dist', { recursive: true, force: true })
  const startedAt = new Date()
  const { resolve } = createRequire(import.meta.url)
  const vite = join(dirname(resolve('vite/package.json')), 'bin/vite.js')
  const tsc = resolve('typescript/bin/tsc')
  const steps = [
    [tsc, '-p', 'tsconfig.build.json'],
    ...VITE_BUILDS.map((args) => [vite, ...args]),
    [tsc, '-p', 'web/client/tsconfig.build.json'],
  ]
  const status = steps.reduce((failed, step) => failed || run(...step), 0)
  if (status === 0) {
    writeFileSync(STAMP, '')
    // The compiler may have read a file before it was saved during the build.
    utimesSync(STAMP, startedAt, startedAt)
    if (existsSync('examples')) linkPackage('examples')
  }
  return status
}

function run(...args) {
  return spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1
}

if (process.argv.includes('--force') || !isUpToDate()) {
  console.error('building dist/ …')
  process.exitCode = build()
}
