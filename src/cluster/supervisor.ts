import type { ChildProcess } from 'node:child_process'
import type { Worker } from 'node:cluster'
import cluster from 'node:cluster'
import type { Logger } from 'pino'
import type { AppConfig } from '../common/config/app-config.js'
import { WORKER_NUMBER } from '../common/config/load-config.js'
import { createLogger } from '../common/platform/logger.js'
import { backoffMs } from '../common/platform/timers.js'
import { EXIT_SECOND_SIGNAL, STOP } from './ipc.js'
import { RelaySwitch } from './relay-switch.js'

/** How much longer than a worker's own bound the primary waits for it. */
const GRACE_MS = 1000

/** Runs this process as the primary of `config.workers` workers, until it is told to stop. */
export function supervise(config: AppConfig): void {
  const logger = createLogger(config)
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
  /** A worker that hasn't stopped after this long is killed. */
  readonly timeoutMs: number
  readonly logger: Logger
  /** All workers have gone, and none will come again. */
  readonly onEnd: (exitCode: number) => void
}

/** The primary: forks the workers, starts a fallen one again with back-off, stops all, and relays between them. It serves nothing itself. */
export class Supervisor {
  private readonly relay = new RelaySwitch()
  private readonly fallen = new Map<number, number>()
  private readonly listening = new WeakSet<Worker>()
  private hasListened = false
  private exitCode: number | null = null

  constructor(private readonly options: SupervisorOptions) {}

  start(): void {
    for (let number = 1; number <= this.options.workers; number++) this.fork(number)
  }

  /** Stops all workers in order, each in the way that a single process stops. */
  stop(exitCode: number): void {
    if (this.exitCode !== null) return
    this.exitCode = exitCode
    for (const worker of workers()) {
      // One that doesn't listen yet would not hear it either, and has nothing that an order could matter to.
      if (this.listening.has(worker)) worker.send(STOP)
      else worker.process.kill('SIGKILL')
    }
    setTimeout(() => this.kill(), this.options.timeoutMs).unref()
    this.endWhenEmpty()
  }

  /** Ends whatever is left, at once. */
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
    // A message to a worker that has just died fails; its exit is told of below.
    worker.on('error', () => undefined)
    const lastHandle = new LastHandle(worker.process)
    worker.on('message', (message: unknown) => this.relay.receive(peer, message))
    // Its end and that of its channel come in either order, and until both have Node may hand it another connection.
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
      // It can't serve at all (the port is taken, say): starting over would only repeat that.
      this.stop(end.code === 0 ? 1 : (end.code ?? 1))
      return
    }
    const { delayMs, falls } = restartDelayMs(this.fallen.get(number) ?? 0, end.livedMs, Math.random())
    this.fallen.set(number, falls)
    logger.error({ worker: number, ...end, delayMs }, 'worker fell, starting it again')
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

/** A worker that has lived for this long is taken to be sound: its falls are counted anew. */
const SOUND_MS = 30_000

/** How long to wait before a fallen worker is started again. */
export function restartDelayMs(fallsBefore: number, livedMs: number, random: number): { readonly delayMs: number; readonly falls: number } {
  const falls = livedMs >= SOUND_MS ? 1 : fallsBefore + 1
  return { delayMs: backoffMs(DELAYS, falls, random), falls }
}

/**
 * The connection that was handed last to a worker. Node hands them one at a time, and doesn't close its own copy when the worker dies before it has
 * taken it: that client would wait for ever.
 */
export class LastHandle {
  private last: unknown

  constructor(child: ChildProcess) {
    const { send } = child
    child.send = (...args: unknown[]): boolean => {
      if (args[1] !== undefined) this.last = args[1]
      return Reflect.apply(send, child, args)
    }
  }

  /** To be called when the worker has gone, and when its channel has. Does nothing to a connection that was taken: Node has closed that copy. */
  close(): void {
    const { last } = this
    if (typeof last === 'object' && last !== null && 'close' in last && typeof last.close === 'function') last.close()
  }
}
