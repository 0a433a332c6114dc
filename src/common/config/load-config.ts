import { readFileSync } from 'node:fs'
import { availableParallelism, hostname } from 'node:os'
import { parseEnv } from 'node:util'
import { AppError, firstLine } from '../platform/errors.js'
import { workerNumber } from '../platform/process.js'
import type { AppConfig } from './app-config.js'
import { parseConfig } from './parse-config.js'

/**
 * The configuration of this process: its environment, which overrides the `.env` file in the working folder. With plug-ins, which may
 * read variables of their own, the variables of the file are added to the environment as well.
 * @throws AppError ERR_CONFIG
 */
export function loadConfig(environment: NodeJS.ProcessEnv): AppConfig {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const variables = { ...parseEnv(envFile()), ...set }
  const config = parseConfig(variables, {
    hostname: hostname(),
    cores: availableParallelism(),
    worker: workerNumber(environment),
    readText,
  })
  if (config.plugins.length > 0) Object.assign(environment, variables)
  return config
}

/** The codes of errors where there is no such file. A folder of this name is none. */
const ABSENT = ['ENOENT', 'ENOTDIR', 'EISDIR']

/** The text of `.env` in the working folder, empty without one. */
function envFile(): string {
  try {
    return readFileSync('.env', 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && ABSENT.includes(String(error.code))) return ''
    const cure = "let the server's user read it, or remove it"
    throw new AppError('ERR_CONFIG', `.env in the working folder can't be read (${firstLine(error)}): ${cure}`, { cause: error })
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
