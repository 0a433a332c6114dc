import 'reflect-metadata'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isAbsolute, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type DynamicModule, Logger, type Type } from '@nestjs/common'
import { MODULE_METADATA } from '@nestjs/common/constants.js'
import { AppError, firstLine } from '../common/platform/errors.js'
import { RateLimitedLog } from '../common/platform/rate-limited-log.js'
import type { Failures } from '../common/stats/counters.js'

/** A Nest module: a class, or a dynamic module. */
export type Plugin = Type | DynamicModule

/**
 * Loads the modules of STREAMER_MODULES in order. A path is relative to the folder; a package comes from the folder's node_modules, else
 * from the server's own.
 * @throws AppError ERR_PLUG_IN, which names the module and the reason
 */
export async function loadPlugins(names: readonly string[], folder: string): Promise<Plugin[]> {
  const plugins: Plugin[] = []
  // In sequence: loading a file may have side effects.
  for (const name of names) plugins.push(moduleOf(name, await load(name, folder)))
  return plugins
}

async function load(name: string, folder: string): Promise<object> {
  const target = isPath(name) ? pathToFileURL(resolve(folder, name)).href : (packageEntry(name, folder) ?? name)
  try {
    return await import(target)
  } catch (error) {
    throw loadError(name, reasonOf(error), error)
  }
}

const isPath = (name: string) => isAbsolute(name) || /^\.\.?(?:[/\\]|$)/.test(name)

function moduleOf(name: string, exports: object): Plugin {
  const inner = 'default' in exports ? innerDefault(exports.default) : undefined
  if (isModule(inner)) return inner
  const [found, ...others] = new Set([...valuesOf(exports), ...valuesOf(inner)].filter(isModule))
  if (others.length > 0) throw loadError(name, 'it exports several Nest modules: export one of them as default')
  if (found === undefined)
    throw loadError(name, 'it exports no Nest module: export a class with @Module(), or { module, providers, … }, as default')
  return found
}

/** The default export of a file that TypeScript compiled to CommonJS is nested one level deeper. */
const innerDefault = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && '__esModule' in value && 'default' in value ? value.default : value

/** Node may not see the single exports of a CommonJS file; its default export holds all of them. */
const valuesOf = (value: unknown): unknown[] => (typeof value === 'object' && value !== null ? Object.values(value) : [])

/** True for a class with the metadata of @Module(), and for a dynamic module around any class. */
function isModule(value: unknown): value is Plugin {
  if (typeof value === 'function') return Object.values(MODULE_METADATA).some((key) => Reflect.hasMetadata(key, value))
  return typeof value === 'object' && value !== null && 'module' in value && typeof value.module === 'function'
}

/** The error in one line, with the place that threw it unless that is Node's own code. A package can throw any value. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return firstLine(error)
  const [thrownAt = ''] = /^ +at .*$/m.exec(error.stack ?? '') ?? []
  const [, place] = /^ +at (?:.*\()?((?!node:)[^()]+:\d+:\d+)\)?$/.exec(thrownAt) ?? []
  return firstLine(`${error.name}: ${error.message}`) + (place === undefined ? '' : ` (${place})`)
}

const loadError = (name: string, reason: string, cause?: unknown) =>
  new AppError('ERR_PLUG_IN', `STREAMER_MODULES: ${name} can't be loaded: ${reason}`, { cause })

/** The conditions in a package's `exports` that apply to `import`. */
const CONDITIONS = new Set(['import', 'node', 'default'])

/**
 * The URL that `import` of a package, or of `package/subpath`, loads for a file in the folder; null if it isn't found from there. Node
 * offers only the rules of `require` for another folder (`import.meta.resolve` takes a parent behind a flag), so the manifest of a
 * package that exports for `import` alone is read here. Patterns and arrays in `exports` are not supported.
 */
export function packageEntry(name: string, folder: string): string | null {
  const { resolve } = createRequire(join(folder, 'package.json'))
  try {
    return pathToFileURL(resolve(name)).href
  } catch {
    const [, root = name, subpath = ''] = /^((?:@[^/]+\/)?[^/]+)(\/.+)?$/.exec(name) ?? []
    for (const parent of resolve.paths(name) ?? []) {
      const target = targetIn(entryOf(exportsIn(join(parent, root, 'package.json')), `.${subpath}`))
      if (target !== null) return pathToFileURL(join(parent, root, target)).href
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

/** The part of `exports` for one entry; without keys that begin with a dot, all of it is the entry `.`. */
function entryOf(exports: unknown, entry: string): unknown {
  const entries = new Map<string, unknown>(typeof exports === 'object' && exports !== null ? Object.entries(exports) : [])
  if (entry === '.' && ![...entries.keys()].some((key) => key.startsWith('.'))) return exports
  return entries.get(entry)
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

const WARNING_PERIOD_MS = 10_000

/**
 * Logs every 10 s that the server has not started yet, with the plug-ins that may delay it, until the returned function is called. The
 * timer also keeps a process alive that would otherwise end silently for lack of work. Does nothing without plug-ins.
 */
export function warnWhileStarting(plugins: readonly string[]): () => void {
  if (plugins.length === 0) return () => undefined
  const logger = new Logger('Application')
  const startMs = performance.now()
  const timer = setInterval(() => {
    const tookMs = Math.round(performance.now() - startMs)
    const msg = 'still starting: a plug-in may be waiting while it is loaded, constructed or initialised'
    logger.warn({ msg, plugIns: plugins, tookMs })
  }, WARNING_PERIOD_MS)
  return () => clearInterval(timer)
}

/**
 * Logs and counts an unhandled rejection in a plug-in; by default it would end the process. An uncaught exception still does: it has
 * unwound its callers, the server's own loops included, and may have left their work half done (docs/decisions/0018-plug-in-surface.md).
 */
export function surviveRejections(failures: Failures): void {
  const logger = new Logger('PlugIns')
  const errors = new RateLimitedLog((fields) => logger.error(fields))
  process.on('unhandledRejection', (error) => {
    failures.count('promise')
    errors.note('promise', { msg: 'unhandled rejection in a plug-in', err: error })
  })
}
