import 'reflect-metadata'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isAbsolute, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type DynamicModule, Logger, type Type } from '@nestjs/common'
import { MODULE_METADATA } from '@nestjs/common/constants.js'
import { AppError, firstLine } from '../common/platform/errors.js'
import { RateLimitedLog } from '../common/platform/rate-limited-log.js'
import type { Failures } from '../common/stats/failures.js'

/** A Nest module: its class, or a dynamic one. */
export type Plugin = Type | DynamicModule

/**
 * Loads the modules of STREAMER_MODULES, in order: files relative to the folder, packages from its node_modules, else from the server's own.
 * @throws AppError ERR_PLUG_IN, naming the module and the reason
 */
export async function loadPlugins(names: readonly string[], folder: string): Promise<Plugin[]> {
  const plugins: Plugin[] = []
  // One after the other, for a file may do something when it is loaded.
  for (const name of names) plugins.push(moduleOf(name, await load(name, folder)))
  return plugins
}

async function load(name: string, folder: string): Promise<object> {
  const target = isPath(name) ? pathToFileURL(resolve(folder, name)).href : (packageEntry(name, folder) ?? name)
  try {
    return await import(target)
  } catch (error) {
    throw refusal(name, reasonOf(error), error)
  }
}

const isPath = (name: string) => isAbsolute(name) || /^\.\.?(?:[/\\]|$)/.test(name)

function moduleOf(name: string, exports: object): Plugin {
  const inner = 'default' in exports ? innerDefault(exports.default) : undefined
  if (isModule(inner)) return inner
  const [found, ...others] = new Set([...valuesOf(exports), ...valuesOf(inner)].filter(isModule))
  if (others.length > 0) throw refusal(name, 'it exports several Nest modules: export the one that is meant as default')
  if (found === undefined)
    throw refusal(name, 'it exports no Nest module: export a class with @Module(), or { module, providers, … }, as default')
  return found
}

/** What TypeScript has compiled to CommonJS holds its default export one step further in. */
const innerDefault = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && '__esModule' in value && 'default' in value ? value.default : value

/** What CommonJS exports is its default export as a whole, of which Node may not see the single names. */
const valuesOf = (value: unknown): unknown[] => (typeof value === 'object' && value !== null ? Object.values(value) : [])

/** A class that carries what @Module() sets, or a dynamic module around any class. */
function isModule(value: unknown): value is Plugin {
  if (typeof value === 'function') return Object.values(MODULE_METADATA).some((key) => Reflect.hasMetadata(key, value))
  return typeof value === 'object' && value !== null && 'module' in value && typeof value.module === 'function'
}

/** In one line, with the place that it was thrown at where that is no code of Node's; what a package throws may be anything. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return firstLine(error)
  const [thrownAt = ''] = /^ +at .*$/m.exec(error.stack ?? '') ?? []
  const [, place] = /^ +at (?:.*\()?((?!node:)[^()]+:\d+:\d+)\)?$/.exec(thrownAt) ?? []
  return firstLine(`${error.name}: ${error.message}`) + (place === undefined ? '' : ` (${place})`)
}

const refusal = (name: string, reason: string, cause?: unknown) =>
  new AppError('ERR_PLUG_IN', `STREAMER_MODULES: ${name} can't be loaded: ${reason}`, { cause })

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

const PERIOD_MS = 10_000

/**
 * Says every 10 s in the log that the server has not started yet, and which plug-ins it may be waiting for; until the function that it returns is called.
 * A process that would have nothing else to do, and end without a word, goes on. Without plug-ins nothing is said.
 */
export function warnWhileStarting(plugins: readonly string[]): () => void {
  if (plugins.length === 0) return () => undefined
  const logger = new Logger('Application')
  const startMs = performance.now()
  const timer = setInterval(() => {
    const tookMs = Math.round(performance.now() - startMs)
    logger.warn({ msg: 'still starting: a plug-in may wait for something where it is loaded, constructed or initialised', plugins, tookMs })
  }, PERIOD_MS)
  return () => clearInterval(timer)
}

/**
 * Logs and counts a promise of a plug-in's that nobody handles, which would end the process otherwise. An exception that nobody catches still does: it
 * has unwound whatever called it, our own loops as well, and nobody knows what it has left half done (docs/decisions/0018-plug-in-surface.md).
 */
export function surviveRejections(failures: Failures): void {
  const logger = new Logger('PlugIns')
  const errors = new RateLimitedLog((fields) => logger.error(fields))
  process.on('unhandledRejection', (error) => {
    failures.count('promise')
    errors.note('promise', { msg: 'a promise was rejected and nobody handled it', err: error })
  })
}
