// Makes this checkout resolvable from another folder as the package `emojitrack-streamer`, for Node, the compiler and Vitest.
import { existsSync, mkdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

const ROOT = dirname(import.meta.dirname)

/**
 * Links package.json and dist/, the content of an installed package, into `folder`/node_modules. A link to the whole checkout would make a
 * cycle, since the examples are in it. Packages of `others`, which this checkout has, are linked as well if the folder can't resolve them.
 */
export function linkPackage(folder, others = []) {
  const base = realpathSync(folder)
  const modules = join(base, 'node_modules')
  if (!isFound('emojitrack-streamer', base)) {
    for (const part of ['package.json', 'dist']) link(join(ROOT, part), join(modules, 'emojitrack-streamer', part))
  }
  const missing = others.filter((name) => !isFound(name, base))
  for (const name of missing) link(join(ROOT, 'node_modules', name), join(modules, name))
  // The programs of these packages, such as tsc.
  if (missing.length > 0 && !existsSync(join(modules, '.bin'))) link(join(ROOT, 'node_modules/.bin'), join(modules, '.bin'))
}

/** Looks in the same places as Node: in node_modules of the folder and of its parents. */
function isFound(name, folder) {
  if (existsSync(join(folder, 'node_modules', name, 'package.json'))) return true
  const parent = dirname(folder)
  return parent !== folder && isFound(name, parent)
}

function link(target, path) {
  mkdirSync(dirname(path), { recursive: true })
  // An old link may have lost its target.
  rmSync(path, { force: true })
  symlinkSync(relative(dirname(path), target), path)
}
