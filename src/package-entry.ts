import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** The conditions of a package's exports that `import` goes by; `.` is the package itself. */
const CONDITIONS = new Set(['.', 'import', 'node', 'default'])

/**
 * The URL of what a package means for a file in the folder, or null where it isn't found from there. Node resolves from elsewhere as `require` does
 * alone (`import.meta.resolve` takes a parent behind a flag), so that a package with exports for `import` only is looked into by its manifest.
 */
export function packageEntry(name: string, folder: string): string | null {
  const { resolve } = createRequire(join(folder, 'package.json'))
  try {
    return pathToFileURL(resolve(name)).href
  } catch {
    for (const parent of resolve.paths(name) ?? []) {
      const target = targetIn(exportsIn(join(parent, name, 'package.json')))
      if (target !== null) return pathToFileURL(join(parent, name, target)).href
    }
    return null
  }
}

function exportsIn(manifest: string): unknown {
  try {
    const { exports }: { readonly exports?: unknown } = JSON.parse(readFileSync(manifest, 'utf8'))
    return exports
  } catch {
    return undefined
  }
}

function targetIn(exports: unknown): string | null {
  if (typeof exports === 'string') return exports
  if (typeof exports !== 'object' || exports === null) return null
  for (const [condition, value] of Object.entries(exports)) {
    const target = CONDITIONS.has(condition) ? targetIn(value) : null
    if (target !== null) return target
  }
  return null
}
