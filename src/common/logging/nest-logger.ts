import type { LoggerService } from '@nestjs/common'
import type { Logger } from 'pino'
import type { FailureKind } from '../stats/reasons.js'

type Level = 'info' | 'error' | 'warn' | 'debug' | 'trace' | 'fatal'

/** Nest's own account of modules and routes: of interest only when something is wrong with them. */
const FRAMEWORK_CONTEXTS = new Set<unknown>(['NestFactory', 'NestApplication', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer'])

/**
 * @nestjs/schedule catches exceptions of `@Interval` methods and the like, and only logs them: its log lines are counted, for want of a
 * hook.
 */
const SCHEDULER_CONTEXT = 'Scheduler'

/**
 * Nest's logger over the one pino instance. A message is a string, or an object of fields with `msg`; the context that Nest appends becomes
 * a field.
 */
export class NestLogger implements LoggerService {
  /** @param onFailure called for each exception that @nestjs/schedule has caught */
  constructor(
    private readonly pino: Logger,
    private readonly onFailure: (kind: FailureKind) => void = () => undefined,
  ) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write(FRAMEWORK_CONTEXTS.has(rest.at(-1)) ? 'debug' : 'info', message, rest)
  }

  error(message: unknown, ...rest: unknown[]): void {
    if (rest.at(-1) === SCHEDULER_CONTEXT) this.onFailure('timer')
    this.write('error', message, rest)
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest)
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest)
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest)
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest)
  }

  private write(level: Level, message: unknown, rest: readonly unknown[]): void {
    const context = rest.at(-1)
    const stack = rest.length > 1 ? rest[0] : undefined
    if (message instanceof Error) this.pino[level]({ context, err: message })
    else if (typeof message === 'object') this.pino[level]({ context, ...message })
    else this.pino[level]({ context, ...(stack !== undefined && { stack }) }, String(message))
  }
}
