import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { parseEnv } from 'node:util'
import type { AppConfig } from './app-config.js'
import { parseConfig } from './parse-config.js'

/**
 * The configuration of this process: its environment, over the `.env` file of the working folder.
 * @throws AppError ERR_CONFIG
 */
export function loadConfig(environment: NodeJS.ProcessEnv): AppConfig {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  return parseConfig({ ...parseEnv(readText('.env') ?? ''), ...set }, { hostname: hostname(), readText })
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
