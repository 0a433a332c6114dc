import 'reflect-metadata'
import { isAbsolute, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { DynamicModule, Type } from '@nestjs/common'
import { MODULE_METADATA } from '@nestjs/common/constants.js'
import { AppError } from './common/app-error.js'
import { firstLine } from './common/first-line.js'
import { packageEntry } from './package-entry.js'

/** A Nest module: its class, or a dynamic one. */
export type PlugIn = Type | DynamicModule

/**
 * Loads the modules of STREAMER_MODULES, in order: files relative to the folder, packages from its node_modules, else from the server's own.
 * @throws AppError ERR_PLUG_IN, naming the module and the reason
 */
export async function loadPlugIns(names: readonly string[], folder: string): Promise<PlugIn[]> {
  const plugIns: PlugIn[] = []
  // One after the other, for a file may do something when it is loaded.
  for (const name of names) plugIns.push(moduleOf(name, await load(name, folder)))
  return plugIns
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

function moduleOf(name: string, exports: object): PlugIn {
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
function isModule(value: unknown): value is PlugIn {
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
