import { pino } from 'pino'
import { LogLosses } from '../stats/counters.js'
import type { LogWriteError } from '../stats/reasons.js'

/** The bound on the bytes of the lines that wait. */
const MAX_BYTES = 1_048_576
/** Room beyond the bound for the lines of the process's end. */
const RESERVE_BYTES = 65_536
/** POSIX: a write of at most so many bytes to a pipe is atomic, so that lines of several workers never mix. Linux: 4096. */
const PIPE_BUF = 4096
const RETRY_MS = 50
/** The bounds on the last flush: without any progress, and in all. */
const FLUSH_STALL_MS = 500
const FLUSH_MS = 2000
const FLUSH_PAUSE_MS = 10
/** The number of pino's level `fatal`. */
const FATAL = 60

type Done = (error: NodeJS.ErrnoException | null, count: number) => void

/** How the log writes to its descriptor. */
export interface LogPort {
  /** Writes at once. @throws the error of write(2), EAGAIN if a pipe, a socket or a terminal is full */
  writeNow(bytes: Buffer): number
  /** Writes on a thread of Node's pool; null where `writeNow` never blocks. */
  readonly writeAside: ((bytes: Buffer, done: Done) => void) | null
}

/**
 * The output of the log. It never blocks the event loop, and a failed write never throws. Lines that can't be written yet wait, up to
 * MAX_BYTES; then lines are dropped and counted until half of that is free, and `onGap` is called in the place of the missing lines.
 */
export class LogDestination {
  /** Makes pino set `lastLevel` before each write. */
  readonly [pino.symbols.needsMetadataGsym] = true
  lastLevel = 0
  /** Called with the number of dropped lines once there is room for more. */
  onGap: (lines: number) => void = () => undefined
  /** Whole lines, as many as fit into PIPE_BUF, or a single longer one: at most 2 * (MAX_BYTES + RESERVE_BYTES) / PIPE_BUF chunks. */
  private readonly chunks: string[] = []
  private lastChunkBytes = 0
  /** The part of an earlier chunk that is not written. */
  private rest: Buffer = Buffer.alloc(0)
  /** The bytes of `chunks` and `rest`. */
  private bytes = 0
  /** The number of lines dropped since the last accepted one. */
  private gap = 0
  /** True between an attempt to write and the next: while a thread writes, and while a retry is due. */
  private isWaiting = false
  private isWrittenAside = false
  private isEnding = false

  constructor(
    private readonly port: LogPort,
    private readonly losses = new LogLosses(),
  ) {}

  write(line: string): void {
    const isLast = this.lastLevel >= FATAL || this.isEnding
    const size = Buffer.byteLength(line)
    this.endGap()
    if ((this.gap > 0 && !isLast) || this.bytes + size > MAX_BYTES + (isLast ? RESERVE_BYTES : 0)) {
      this.gap++
      this.losses.droppedLines++
      return
    }
    this.append(line, size)
    if (!this.isWaiting) this.advance()
  }

  /**
   * Writes the waiting lines at the end of the process: for 2 s at most, 500 ms if the output takes nothing, and not at all after an
   * error other than EAGAIN. A write on a thread ends before the process does, but its outcome can no longer be known.
   */
  flush(): void {
    this.isEnding = true
    this.isWaiting = true
    if (this.isWrittenAside) this.take(this.rest.length)
    this.endGap()
    // The thread has the earlier lines.
    if (this.isWrittenAside && this.bytes > 0) sleep(FLUSH_PAUSE_MS)
    this.writeToTheEnd(performance.now())
    this.isWaiting = false
  }

  private writeToTheEnd(startMs: number): void {
    let stallMs = startMs
    for (;;) {
      const { bytes } = this
      if (this.writeAll() !== 'EAGAIN') return
      const nowMs = performance.now()
      if (this.bytes < bytes) stallMs = nowMs
      if (nowMs - stallMs >= FLUSH_STALL_MS || nowMs - startMs >= FLUSH_MS) return
      sleep(FLUSH_PAUSE_MS)
    }
  }

  private append(line: string, size: number): void {
    const last = this.chunks.length - 1
    const isShort = last >= 0 && this.lastChunkBytes + size <= PIPE_BUF
    if (isShort) this.chunks[last] += line
    else this.chunks.push(line)
    this.lastChunkBytes = isShort ? this.lastChunkBytes + size : size
    this.bytes += size
  }

  /** Writes what waits, and arms a retry for what is left. */
  private advance(): void {
    const { writeAside } = this.port
    if (writeAside !== null && !this.isEnding) {
      if (this.bytes > 0) this.advanceAside(writeAside)
    } else if (this.writeAll() !== null) this.retryLater()
    this.endGap()
  }

  private advanceAside(writeAside: NonNullable<LogPort['writeAside']>): void {
    this.isWaiting = true
    this.isWrittenAside = true
    writeAside(this.next(), (error, count) => {
      this.isWaiting = false
      this.isWrittenAside = false
      if (error !== null) {
        this.losses.countError(error.code)
        this.retryLater()
        return
      }
      this.take(count)
      this.advance()
    })
  }

  /** Writes until nothing waits, or up to an error, whose name it returns. */
  private writeAll(): LogWriteError | null {
    while (this.bytes > 0) {
      try {
        this.take(this.port.writeNow(this.next()))
      } catch (error) {
        return this.losses.countError(error instanceof Error && 'code' in error ? error.code : undefined)
      }
    }
    return null
  }

  private retryLater(): void {
    this.isWaiting = true
    setTimeout(() => {
      this.isWaiting = false
      this.advance()
    }, RETRY_MS).unref()
  }

  private next(): Buffer {
    if (this.rest.length === 0) this.rest = Buffer.from(this.chunks.shift() ?? '')
    return this.rest
  }

  private take(count: number): void {
    this.rest = this.rest.subarray(count)
    this.bytes -= count
  }

  private endGap(): void {
    if (this.gap === 0 || (this.bytes > MAX_BYTES / 2 && !this.isEnding)) return
    const lines = this.gap
    this.gap = 0
    this.onGap(lines)
  }
}

const sleep = (ms: number) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
