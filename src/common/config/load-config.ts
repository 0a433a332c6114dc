import { readFileSync } from 'node:fs'
import { availableParallelism, hostname } from 'node:os'
import { parseEnv } from 'node:util'
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
  const variables = { ...parseEnv(readText('.env') ?? ''), ...set }
  const config = parseConfig(variables, {
    hostname: hostname(),
    cores: availableParallelism(),
    worker: workerNumber(environment),
    readText,
  })
  if (config.plugins.length > 0) Object.assign(environment, variables)
  return config
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
