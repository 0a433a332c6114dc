import cluster, { type Worker } from 'node:cluster'
import type { Logger } from 'pino'
import type { AppConfig } from '../common/config/app-config.js'
import { openLog } from '../common/logging/logger.js'
import { EXIT_SECOND_SIGNAL, EXIT_STOP_TIMED_OUT, type StopSignals, WORKER_NUMBER } from '../common/platform/process.js'
import { restartDelayMs } from '../common/platform/timers.js'
import { BEAT_MS, LastHandle, Outbox, STOP } from './ipc.js'
import { RelaySwitch } from './relay-switch.js'
import { Watchdog } from './watchdog.js'

/** The primary waits this much longer for a worker than the worker's own timeout. */
const GRACE_MS = 1000

/** Runs this process as the primary of `config.workers` workers until a signal stops it. */
export function supervise(config: AppConfig, signals: StopSignals): void {
  const logger = openLog(config)
  const supervisor = new Supervisor({
    workers: config.workers,
    stopMs: config.shutdown.timeoutMs + GRACE_MS,
    silenceMs: config.workerTimeoutMs,
    logger,
    fork: (environment) => cluster.fork(environment),
    onEnd: (exitCode) => process.exit(exitCode),
  })
  let isStopping = false
  signals.handle((signal) => {
    if (isStopping) {
      supervisor.kill()
      process.exit(EXIT_SECOND_SIGNAL)
    }
    isStopping = true
    logger.info({ signal }, 'stopping the workers')
    supervisor.stop(0)
  })
  supervisor.start()
}

export interface SupervisorOptions {
  readonly workers: number
  /** A worker that has not ended this long after the request to stop is killed. */
  readonly stopMs: number
  /** A worker that is silent for longer hangs; Infinity never replaces one. */
  readonly silenceMs: number
  readonly logger: Logger
  readonly fork: (environment: Record<string, string>) => Worker
  /** Called when all workers have ended and none will be started again. */
  readonly onEnd: (exitCode: number) => void
}

/** A worker from its start to its end. */
interface Member {
  readonly number: number
  readonly worker: Worker
  readonly outbox: Outbox
  readonly startedAtMs: number
  isListening: boolean
}

/**
 * The primary: forks the workers, restarts crashed ones with a back-off, replaces those that hang, stops all of them, and relays between
 * them. It serves nothing itself.
 */
export class Supervisor {
  private readonly relay = new RelaySwitch<Outbox>((outbox) => this.replaceUnread(outbox))
  private readonly watchdog: Watchdog<Member>
  private readonly members = new Set<Member>()
  private readonly crashes = new Map<number, number>()
  private hasListened = false
  private exitCode: number | null = null
  private hangs = 0

  constructor(private readonly options: SupervisorOptions) {
    this.watchdog = new Watchdog(options.silenceMs, (member, silentMs) => this.replaceHung(member, { silentMs }))
  }

  start(): void {
    setInterval(() => this.watchdog.check(), BEAT_MS).unref()
    for (let number = 1; number <= this.options.workers; number++) this.fork(number)
  }

  /** Makes every worker shut down in order, as a single process does. */
  stop(exitCode: number): void {
    if (this.exitCode !== null) return
    this.exitCode = exitCode
    for (const { worker, isListening } of this.members) {
      // A worker that doesn't listen yet has no handler for the message either, and no streams to close in order.
      if (isListening) worker.send(STOP)
      else worker.process.kill('SIGKILL')
    }
    setTimeout(() => this.stopLate(), this.options.stopMs).unref()
    this.endWhenEmpty()
  }

  /** Kills the remaining workers. */
  kill(): void {
    for (const { worker } of this.members) worker.process.kill('SIGKILL')
  }

  private stopLate(): void {
    const numbers = [...this.members].map(({ number }) => number)
    this.options.logger.error({ workers: numbers, timeoutMs: this.options.stopMs }, 'workers did not stop in time, killing them')
    this.exitCode ||= EXIT_STOP_TIMED_OUT
    this.kill()
  }

  private fork(number: number): void {
    let worker: Worker
    try {
      worker = this.options.fork({ [WORKER_NUMBER]: String(number) })
    } catch (error) {
      this.forkAgain(number, 0, { err: error }, 'a worker could not be started, trying again')
      return
    }
    const outbox = new Outbox(worker.process, () => this.relay.catchUp(outbox))
    this.follow({ number, worker, outbox, startedAtMs: performance.now(), isListening: false })
  }

  private follow(member: Member): void {
    const { worker, outbox } = member
    this.members.add(member)
    this.relay.add(outbox)
    this.watchdog.add(member)
    worker.on('listening', () => {
      member.isListening = true
      this.hasListened = true
      this.watchdog.listens(member)
    })
    const lastHandle = new LastHandle(worker.process)
    worker.on('message', (message: unknown) => {
      this.watchdog.onMessage(member)
      this.relay.receive(outbox, message)
    })
    // `disconnect` and `exit` come in either order, and until both have come Node may hand the worker another connection.
    worker.on('disconnect', () => lastHandle.close())
    worker.on('exit', (code: number | null, signal: string | null) => {
      lastHandle.close()
      this.end(member)
      if (this.exitCode === null) this.replace(member, { code, signal })
      else {
        this.exitCode ||= code ?? 0
        this.endWhenEmpty()
      }
    })
    worker.on('error', (error) => {
      // A message to a worker that has just ended fails; the event `exit` reports its end. One that was never started has no `exit`.
      if (worker.process.pid !== undefined) return
      this.end(member)
      this.forkAgain(member.number, 0, { err: error }, 'a worker could not be started, trying again')
      this.endWhenEmpty()
    })
  }

  private end(member: Member): void {
    this.members.delete(member)
    this.watchdog.remove(member)
    this.relay.remove(member.outbox)
  }

  private replace({ number, startedAtMs }: Member, end: { readonly code: number | null; readonly signal: string | null }): void {
    // No worker has ever listened (the port may be taken), so a restart would fail in the same way.
    if (!this.hasListened) this.stop(end.code === 0 ? 1 : (end.code ?? 1))
    else {
      const livedMs = performance.now() - startedAtMs
      this.forkAgain(number, livedMs, { ...end, livedMs }, 'worker exited unexpectedly, restarting')
    }
  }

  private replaceUnread(outbox: Outbox): void {
    for (const member of this.members) if (member.outbox === outbox) this.replaceHung(member, {})
  }

  /** Kills a worker that hangs; its `exit` brings the next one. */
  private replaceHung({ worker, number, isListening }: Member, fields: object): void {
    this.options.logger.error({ worker: number, ...fields, isListening, hangs: ++this.hangs }, 'worker hangs, killing it')
    if (this.exitCode !== null) this.exitCode ||= EXIT_STOP_TIMED_OUT
    worker.process.kill('SIGKILL')
  }

  private forkAgain(number: number, livedMs: number, fields: object, msg: string): void {
    if (this.exitCode !== null) return
    const { delayMs, crashes } = restartDelayMs(this.crashes.get(number) ?? 0, livedMs, Math.random())
    this.crashes.set(number, crashes)
    this.options.logger.error({ worker: number, ...fields, delayMs }, msg)
    setTimeout(() => {
      if (this.exitCode === null) this.fork(number)
    }, delayMs)
  }

  private endWhenEmpty(): void {
    if (this.exitCode !== null && this.members.size === 0) this.options.onEnd(this.exitCode)
  }
}
