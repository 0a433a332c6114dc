// Makes this checkout resolvable from another folder as the package `emojitrack-streamer` that it is: for Node, the compiler and Vitest alike.
import { existsSync, mkdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

const ROOT = dirname(import.meta.dirname)

/**
 * Links what an installed package consists of, package.json and dist/, into `folder`/node_modules. Not the whole checkout: the examples are in it, and who
 * walks through it would go round in circles. Those of `others`, packages that this checkout has, which can't be found from the folder are linked as well.
 */
export function linkPackage(folder, others = []) {
  const base = realpathSync(folder)
  const modules = join(base, 'node_modules')
  if (!isFound('emojitrack-streamer', base)) {
    for (const part of ['package.json', 'dist']) link(join(ROOT, part), join(modules, 'emojitrack-streamer', part))
  }
  const missing = others.filter((name) => !isFound(name, base))
  for (const name of missing) link(join(ROOT, 'node_modules', name), join(modules, name))
  // The programs of all of them, such as tsc.
  if (missing.length > 0 && !existsSync(join(modules, '.bin'))) link(join(ROOT, 'node_modules/.bin'), join(modules, '.bin'))
}

/** Looks where Node does: in node_modules of the folder, and of those above it. */
function isFound(name, folder) {
  if (existsSync(join(folder, 'node_modules', name, 'package.json'))) return true
  const parent = dirname(folder)
  return parent !== folder && isFound(name, parent)
}

function link(target, path) {
  mkdirSync(dirname(path), { recursive: true })
  // One that leads nowhere any more.
  rmSync(path, { force: true })
  symlinkSync(relative(dirname(path), target), path)
}
