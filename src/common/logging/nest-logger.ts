import type { LoggerService } from '@nestjs/common'
import type { Logger } from 'pino'
import type { FailureKind } from '../stats/failures.js'

type Level = 'info' | 'error' | 'warn' | 'debug' | 'trace' | 'fatal'

/** Nest's own account of modules and routes: of interest only when something is wrong with them. */
const FRAMEWORK_CONTEXTS = new Set<unknown>(['NestFactory', 'NestApplication', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer'])

/** Nest catches what a handler of requests or an @Interval throws, and tells nobody but the log: context → where it failed. */
const CAUGHT_BY_NEST = new Map<unknown, FailureKind>([
  ['ExceptionsHandler', 'request'],
  ['Scheduler', 'timer'],
])

/** Nest's logger over the one pino instance. A message is a string, or an object of fields with `msg`; the context that Nest appends becomes a field. */
export class NestLogger implements LoggerService {
  /** @param onFailure hears of what Nest has caught */
  constructor(
    private readonly pino: Logger,
    private readonly onFailure: (kind: FailureKind) => void = () => undefined,
  ) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write(FRAMEWORK_CONTEXTS.has(rest.at(-1)) ? 'debug' : 'info', message, rest)
  }

  error(message: unknown, ...rest: unknown[]): void {
    const kind = CAUGHT_BY_NEST.get(rest.at(-1))
    if (kind !== undefined && !isClientsFault(message)) this.onFailure(kind)
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

/** Fastify's refusal of a malformed request, say. */
const isClientsFault = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'statusCode' in error && typeof error.statusCode === 'number' && error.statusCode < 500
