import type { ChildProcess } from 'node:child_process'
import cluster, { type Worker } from 'node:cluster'
import type { Logger } from 'pino'
import type { AppConfig } from '../common/config/app-config.js'
import { WORKER_NUMBER } from '../common/config/load-config.js'
import { openLog } from '../common/logging/logger.js'
import { observeHandles } from '../common/platform/node-internals.js'
import { EXIT_SECOND_SIGNAL } from '../common/platform/process.js'
import { backoffMs } from '../common/platform/timers.js'
import { STOP } from './ipc.js'
import { RelaySwitch } from './relay-switch.js'

/** The primary waits this much longer for a worker than the worker's own timeout. */
const GRACE_MS = 1000

/** Runs this process as the primary of `config.workers` workers until a signal stops it. */
export function supervise(config: AppConfig): void {
  const logger = openLog(config)
  const supervisor = new Supervisor({
    workers: config.workers,
    timeoutMs: config.shutdown.timeoutMs + GRACE_MS,
    logger,
    onEnd: (exitCode) => process.exit(exitCode),
  })
  let isStopping = false
  const stop = (signal: NodeJS.Signals) => {
    if (isStopping) {
      supervisor.kill()
      process.exit(EXIT_SECOND_SIGNAL)
    }
    isStopping = true
    logger.info({ signal }, 'stopping the workers')
    supervisor.stop(0)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  supervisor.start()
}

export interface SupervisorOptions {
  readonly workers: number
  /** A worker that has not ended after this time is killed. */
  readonly timeoutMs: number
  readonly logger: Logger
  /** Called when all workers have ended and none will be started again. */
  readonly onEnd: (exitCode: number) => void
}

/**
 * The primary: forks the workers, restarts crashed ones with a back-off, stops all of them, and relays between them. It serves nothing
 * itself.
 */
export class Supervisor {
  private readonly relay = new RelaySwitch()
  private readonly crashes = new Map<number, number>()
  private readonly listening = new WeakSet<Worker>()
  private hasListened = false
  private exitCode: number | null = null

  constructor(private readonly options: SupervisorOptions) {}

  start(): void {
    for (let number = 1; number <= this.options.workers; number++) this.fork(number)
  }

  /** Makes every worker shut down in order, as a single process does. */
  stop(exitCode: number): void {
    if (this.exitCode !== null) return
    this.exitCode = exitCode
    for (const worker of workers()) {
      // A worker that doesn't listen yet has no handler for the message either, and no streams to close in order.
      if (this.listening.has(worker)) worker.send(STOP)
      else worker.process.kill('SIGKILL')
    }
    setTimeout(() => this.kill(), this.options.timeoutMs).unref()
    this.endWhenEmpty()
  }

  /** Kills the remaining workers. */
  kill(): void {
    for (const worker of workers()) worker.process.kill('SIGKILL')
  }

  private fork(number: number): void {
    const startedAtMs = performance.now()
    const worker = cluster.fork({ [WORKER_NUMBER]: String(number) })
    const peer = { post: (message: object) => void (worker.isConnected() && worker.send(message)) }
    this.relay.add(peer)
    worker.on('listening', () => {
      this.listening.add(worker)
      this.hasListened = true
    })
    // A message to a worker that has just ended fails. The event `exit` reports its end.
    worker.on('error', () => undefined)
    const lastHandle = new LastHandle(worker.process)
    worker.on('message', (message: unknown) => this.relay.receive(peer, message))
    // `disconnect` and `exit` come in either order, and until both have come Node may hand the worker another connection.
    worker.on('disconnect', () => lastHandle.close())
    worker.on('exit', (code: number, signal: string) => {
      this.relay.remove(peer)
      lastHandle.close()
      if (this.exitCode !== null) this.endWhenEmpty()
      else this.replace(number, { code, signal, livedMs: performance.now() - startedAtMs })
    })
  }

  private replace(number: number, end: { code: number; signal: string; livedMs: number }): void {
    const { logger } = this.options
    if (!this.hasListened) {
      // No worker has ever listened (the port may be taken), so a restart would fail in the same way.
      this.stop(end.code === 0 ? 1 : (end.code ?? 1))
      return
    }
    const { delayMs, crashes } = restartDelayMs(this.crashes.get(number) ?? 0, end.livedMs, Math.random())
    this.crashes.set(number, crashes)
    logger.error({ worker: number, ...end, delayMs }, 'worker exited unexpectedly, restarting')
    setTimeout(() => {
      if (this.exitCode === null) this.fork(number)
    }, delayMs)
  }

  private endWhenEmpty(): void {
    if (workers().length === 0) this.options.onEnd(this.exitCode ?? 0)
  }
}

const workers = (): Worker[] => Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined)

const DELAYS = { firstMs: 100, maxMs: 10_000 }

/** After a run of this length the count of a worker's crashes starts again at 1. */
const SOUND_MS = 30_000

/** The delay before a crashed worker is restarted. */
export function restartDelayMs(
  previousCrashes: number,
  livedMs: number,
  random: number,
): { readonly delayMs: number; readonly crashes: number } {
  const crashes = livedMs >= SOUND_MS ? 1 : previousCrashes + 1
  return { delayMs: backoffMs(DELAYS, crashes, random), crashes }
}

/**
 * The connection that Node handed to a worker last. Node hands over one at a time, and doesn't close its own copy if the worker ends
 * before it accepts the connection: the client would wait until its own timeout.
 */
export class LastHandle {
  private last: unknown

  constructor(child: ChildProcess) {
    observeHandles(child, (handle) => {
      this.last = handle
    })
  }

  /** Call it on `exit` and on `disconnect` of the worker. It has no effect on an accepted connection: Node has closed that copy. */
  close(): void {
    const { last } = this
    if (typeof last === 'object' && last !== null && 'close' in last && typeof last.close === 'function') last.close()
  }
}
