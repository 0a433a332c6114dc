import { Inject, Injectable, type OnModuleInit } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import { SchedulerRegistry } from '@nestjs/schedule'
import { FLUSH_PERIOD_MS } from '../../../common/core/flush-schedule.js'
import { FatalErrorService } from '../../../common/platform/fatal-error.service.js'
import { OneShot } from '../../../common/platform/timers.js'
import { TransportService } from '../transport/transport.service.js'

/** How many subscribers a slice serves: about 1 ms of system calls. */
export const SLICE = 200
/** Closing a subscriber costs a slice as much as so many writes. */
export const CLOSING_COST = 10

/** The rest of a slice: how much it may still cost. */
export class SliceBudget {
  left: number

  constructor(
    readonly size: number,
    private readonly transport: Pick<TransportService, 'commit'>,
  ) {
    this.left = size
  }

  /** Takes from the slice, 1 for a write. At its end it commits the posts, begins the next one and returns true: the caller yields. */
  spend(cost: number): boolean {
    this.left -= cost
    if (this.left > 0) return false
    this.transport.commit()
    this.left = this.size
    return true
  }
}

/** The longest that a slice waits for new connections. */
const MAX_WAIT_MS = 10

/**
 * Runs long tasks in slices, one in each turn of the event loop, so that the ingest, health checks and new connections get turns too. New
 * connections go first: Node accepts one in each turn (libuv stopped accepting in a loop, libuv/libuv#3696), so while clients arrive in
 * crowds a turn must be short, and a slice waits, for `MAX_WAIT_MS` at most (docs/decisions/0013-connections-before-slices.md).
 */
@Injectable()
export class SliceScheduler implements OnModuleInit {
  /** How much a slice may cost. */
  readonly sliceSize: number = SLICE
  /** The tasks that run on in the next turn. */
  private waiting: (() => void)[] = []
  private hasNewConnection = false
  private lastSliceMs = 0

  constructor(
    @Inject(TransportService) private readonly transport: Pick<TransportService, 'commit'>,
    @Inject(FatalErrorService) private readonly fatal: Pick<FatalErrorService, 'end'>,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  onModuleInit(): void {
    this.adapterHost.httpAdapter.getHttpServer().on('connection', () => this.noteConnection())
  }

  /** Records that a connection was accepted: more may wait behind it. */
  noteConnection(): void {
    this.hasNewConnection = true
  }

  /** A slice to spend. */
  budget(): SliceBudget {
    return new SliceBudget(this.sliceSize, this.transport)
  }

  /** Ends a run of posts. */
  commit(): void {
    this.transport.commit()
  }

  /**
   * Runs a task up to each `yield` in a turn of its own, the first part at once. An error ends the process, because the
   * task may have left its work half done.
   * @param name the name of the task in the log
   */
  run(name: string, task: Iterator<void>): void {
    const step = () =>
      this.guard(name, () => {
        if (!task.next().done) this.wait(step)
      })
    step()
  }

  /** Runs a task that needs a single turn, at once. An error ends the process. */
  guard(name: string, task: () => void): void {
    try {
      task()
    } catch (error) {
      this.fatal.end(name, error)
    }
  }

  private wait(step: () => void): void {
    if (this.waiting.push(step) === 1) setImmediate(() => this.runWaiting())
  }

  /** One slice of each task, or of none where new connections go first. */
  private runWaiting(): void {
    if (this.shouldYieldToConnections(performance.now())) {
      setImmediate(() => this.runWaiting())
      return
    }
    const { waiting } = this
    this.waiting = []
    for (const step of waiting) step()
  }

  /** To be called once a turn: true when the next slice should wait for the turn after. */
  private shouldYieldToConnections(nowMs: number): boolean {
    const waits = this.hasNewConnection && nowMs - this.lastSliceMs < MAX_WAIT_MS
    this.hasNewConnection = false
    if (!waits) this.lastSliceMs = nowMs
    return waits
  }
}

/** A fan-out that can bring the subscribers up to date that have drained while they were behind. */
export interface CatchUp {
  catchUp(): void
}

/** Runs fan-outs for subscribers that have drained, all with one timer. */
@Injectable()
export class CatchUpScheduler {
  /** In the order of the requests, so that a slow subscriber gets something of each fan-out in turn. */
  private readonly waiting = new Set<CatchUp>()
  private readonly timer: OneShot

  constructor(timers: SchedulerRegistry) {
    this.timer = new OneShot(timers, 'catch-up', () => this.run())
  }

  request(fanOut: CatchUp): void {
    this.waiting.add(fanOut)
    // A flush that comes before the timer catches up as well.
    this.timer.arm(FLUSH_PERIOD_MS)
  }

  private run(): void {
    const due = [...this.waiting]
    this.waiting.clear()
    for (const fanOut of due) fanOut.catchUp()
  }
}
