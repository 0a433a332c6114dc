import { type Logger, pino } from 'pino'
import type { AppConfig } from '../config/app-config.js'

/** The one log of a process: JSON lines on the standard output, each with the node's name. */
export const createLogger = ({ logLevel, nodeName }: AppConfig): Logger => pino({ level: logLevel, base: { node: nodeName } })
