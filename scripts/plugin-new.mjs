// npm run plugin:new NAME [FOLDER]: a new plug-in, made from examples/starter, that passes its own tests at once.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { linkPackage } from './link-package.mjs'

const ROOT = dirname(import.meta.dirname)
const STARTER = join(ROOT, 'examples/starter')
const PACKAGES = ['@nestjs/common', '@types/node', 'typescript', 'vitest']
/** The server's paths under /subscribe, its kinds of streams, and the events of streams and of EventSource. */
const TAKEN = ['cleanup', 'detail', 'details', 'eps', 'error', 'multiplexed', 'open', 'raw', 'token']
const USAGE = 'usage: npm run plugin:new NAME [FOLDER]   (the folder of the plug-in; default: examples/NAME)'

/** Why a name is refused; null for a good one. It names a package, a namespace, a class and a metric. */
function nameFault(name) {
  if (name.length > 64 || !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    return `${JSON.stringify(name)} is no name for a plug-in: take a-z and 0-9, words joined by -, a letter first, 64 characters at most`
  }
  if (TAKEN.includes(name)) return `${name} is taken by the server: take another name`
  const className = classNameOf(name)
  const isUsed = filesUnder(join(STARTER, 'src')).some((path) => readFileSync(path, 'utf8').split(/\W+/).includes(className))
  return isUsed && name !== 'starter' ? `${name} would make a class ${className}, and there is one: take another name` : null
}

const classNameOf = (name) => name.replace(/(?:^|-)([a-z0-9])/g, (_, letter) => letter.toUpperCase())

function create(name, folder) {
  mkdirSync(dirname(folder), { recursive: true })
  cpSync(STARTER, folder, { recursive: true, filter: (path) => !['dist', 'node_modules'].includes(basename(path)) })
  for (const path of filesUnder(folder)) {
    writeFileSync(path, renamed(readFileSync(path, 'utf8'), name, folder))
    renameSync(path, join(dirname(path), basename(path).replace('starter', name)))
  }
  linkPackage(folder, PACKAGES)
}

const filesUnder = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

function renamed(text, name, folder) {
  return text
    .replaceAll('./examples/starter', shown(folder))
    .replaceAll('starter_', `${name.replaceAll('-', '_')}_`)
    .replaceAll('starter', name)
    .replaceAll('Starter', classNameOf(name))
}

/** The path of the folder, relative to that of the server if it is inside. */
function shown(folder) {
  const path = relative(ROOT, folder)
  return path.startsWith('..') ? folder : `./${path}`
}

function refuse(reason) {
  console.error(reason)
  process.exit(1)
}

const [name, given, ...rest] = process.argv.slice(2)
if (name === undefined || rest.length > 0) refuse(USAGE)
const fault = nameFault(name)
if (fault !== null) refuse(`${fault}\n${USAGE}`)
// npm runs scripts in the folder of package.json; INIT_CWD is where it was called.
const folder = given === undefined ? join(ROOT, 'examples', name) : resolve(process.env.INIT_CWD ?? '.', given)
if (existsSync(folder)) refuse(`${folder} exists: take another name or folder, or remove it`)
// The plug-in is compiled and tested against dist/.
const { status } = spawnSync(process.execPath, [join(import.meta.dirname, 'build-if-needed.mjs')], { stdio: 'inherit' })
if (status !== 0) process.exit(status ?? 1)
try {
  create(name, folder)
} catch (error) {
  rmSync(folder, { recursive: true, force: true })
  throw error
}
console.log(`${shown(folder)} is there. Next:

  cd ${relative(process.env.INIT_CWD ?? '.', folder)} && npm test && npm run build

and in the folder of emojitrack-streamer:

  STREAMER_MODULES=${shown(folder)}/dist/index.js npm start
  curl -N localhost:8001/subscribe/${name}`)
