import { isAbsolute, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { constants, Script } from 'node:vm'
import type { DynamicModule, Type } from '@nestjs/common'
import { MODULE_METADATA } from '@nestjs/common/constants.js'
import 'reflect-metadata'
import { AppError } from './common/app-error.js'

/** A Nest module: its class, or a dynamic one. */
export type PlugIn = Type | DynamicModule

/**
 * Loads the modules of STREAMER_MODULES, in order: files relative to the folder, packages from its node_modules, else from the server's own.
 * @throws AppError ERR_PLUG_IN, naming the module and the reason
 */
export async function loadPlugIns(names: readonly string[], folder: string): Promise<PlugIn[]> {
  const importHere = importerIn(folder)
  const plugIns: PlugIn[] = []
  // One after the other, for a file may do something when it is loaded.
  for (const name of names) plugIns.push(moduleOf(name, await load(name, folder, importHere)))
  return plugIns
}

async function load(name: string, folder: string, importHere: Importer): Promise<object> {
  try {
    if (isPath(name)) return await importHere(pathToFileURL(resolve(folder, name)).href)
    return await importHere(name).catch((error: unknown) => importFromServer(name, error))
  } catch (error) {
    throw refusal(name, reasonOf(error), error)
  }
}

const isPath = (name: string) => isAbsolute(name) || /^\.\.?(?:[/\\]|$)/.test(name)

type Importer = (name: string) => Promise<object>

/** `import()` as a file in the folder would do it: no public function of Node resolves a package, its conditions included, from elsewhere. */
function importerIn(folder: string): Importer {
  const script = new Script('(name) => import(name)', {
    filename: join(folder, 'STREAMER_MODULES'),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  })
  return script.runInThisContext()
}

/** The first error tells more: it names the folder that people look into. */
async function importFromServer(name: string, error: unknown): Promise<object> {
  if (codeOf(error) !== 'ERR_MODULE_NOT_FOUND') throw error
  return import(name).catch((second: unknown) => {
    throw codeOf(second) === 'ERR_MODULE_NOT_FOUND' ? error : second
  })
}

function moduleOf(name: string, exports: object): PlugIn {
  const classes = Object.values(exports).filter(isModule)
  const found = 'default' in exports ? innerDefault(exports.default) : classes.length === 1 && classes[0]
  if (isModule(found)) return found
  if (classes.length > 1) throw refusal(name, 'it exports several Nest modules: export the one that is meant as default')
  throw refusal(name, 'it exports no Nest module: export a class with @Module(), or { module, providers, … }, as default')
}

/** What TypeScript has compiled to CommonJS holds its default export one step further in. */
const innerDefault = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && '__esModule' in value && 'default' in value ? value.default : value

/** A class that carries what @Module() sets, or a dynamic module around any class. */
function isModule(value: unknown): value is PlugIn {
  if (typeof value === 'function') return Object.values(MODULE_METADATA).some((key) => Reflect.hasMetadata(key, value))
  return typeof value === 'object' && value !== null && 'module' in value && typeof value.module === 'function'
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)

/** The first line; what a package throws may be anything. */
const reasonOf = (error: unknown): string =>
  (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).split('\n', 1)[0] ?? ''

const refusal = (name: string, reason: string, cause?: unknown) =>
  new AppError('ERR_PLUG_IN', `STREAMER_MODULES: ${name} can't be loaded: ${reason}`, { cause })
