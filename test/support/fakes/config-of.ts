import type { AppConfig } from '../../../src/common/config/app-config.js'
import { parseConfig } from '../../../src/common/config/parse-config.js'

const MACHINE = { hostname: 'box', cores: 2, worker: null, readText: () => undefined }

/** The configuration of a server on a machine with two cores. */
export const configOf = (env: Record<string, string> = {}): AppConfig => parseConfig(env, MACHINE)
