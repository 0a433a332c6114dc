import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { eventually } from '../waiting/eventually.js'

const OUTPUT_LIMIT = 1_048_576
const CLOSE_MS = 1_000
const running = new Set<Child>()

process.once('exit', abandonAll)
// Vitest ends its workers by SIGTERM, and then there is no `exit`.
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    abandonAll()
    process.kill(process.pid, signal)
  })
}

/** How a process ended: its exit code, or the signal that ended it. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** All files in the folder of a process: path in it → contents. */
export type Files = Readonly<Record<string, string>>

/** A child process in a folder of its own, which is removed when the process ends; neither outlives the process of the test. */
export class Child {
  readonly pid: number
  /** Settles when the process has ended and its output has been read. */
  readonly exited: Promise<Exit>
  /** How it ended; undefined while it runs. */
  exit: Exit | undefined
  /** The last 1 MiB of its stdout. */
  printed = ''
  /** The last 1 MiB of its stderr. */
  errors = ''
  readonly #process: ChildProcessByStdio<null, Readable, Readable>
  readonly #folder: string
  #output = ''

  private constructor(child: ChildProcessByStdio<null, Readable, Readable>, pid: number, folder: string) {
    this.pid = pid
    this.#process = child
    this.#folder = folder
    for (const pipe of [child.stdout, child.stderr]) pipe.setEncoding('utf8').on('data', (text: string) => this.#keep(text, pipe))
    running.add(this)
    this.exited = this.#untilEnd()
  }

  /** Starts a command; the caller sees the system's own error (`code: 'ENOENT'`) when there is no such command. */
  static async spawn(command: string, args: readonly string[], env = process.env, files: Files = {}): Promise<Child> {
    const folder = mkdtempSync(join(tmpdir(), 'emojitrack-test-'))
    for (const [name, contents] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), contents)
    }
    const child = spawn(command, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
    try {
      await once(child, 'spawn')
      if (child.pid === undefined) throw new Error(`${command} has no process id`)
      return new Child(child, child.pid, folder)
    } catch (error) {
      rmSync(folder, { recursive: true, force: true })
      throw error
    }
  }

  /** The last 1 MiB of its stdout and stderr. */
  get output(): string {
    return this.#output
  }

  /** Waits for `ready`; when the process ends or stays silent instead, ends it and throws with its output. */
  async untilReady(what: string, ready: () => Promise<boolean>, deadlineMs: number): Promise<void> {
    try {
      await eventually(what, async () => this.exit !== undefined || (await ready()), deadlineMs)
      if (this.exit) throw new Error(`${what}: ended with ${this.exit.signal ?? `code ${this.exit.code}`}`)
    } catch (error) {
      await this.kill()
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n${this.output}`, { cause: error })
    }
  }

  /** Sends a signal; a process that has ended gets none, so that a reused process id is safe. */
  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal)
  }

  /** Ends the process at once (SIGKILL, which also ends a stopped one) and waits for that. */
  async kill(): Promise<Exit> {
    this.signal('SIGKILL')
    return await this.exited
  }

  /** Stops the process (SIGSTOP) and waits until the kernel shows it as stopped. */
  async pause(): Promise<void> {
    this.signal('SIGSTOP')
    await eventually(`process ${this.pid} stops`, () => /\) T /.test(readFileSync(`/proc/${this.pid}/stat`, 'utf8')))
  }

  /** Continues a stopped process (SIGCONT). */
  resume(): void {
    this.signal('SIGCONT')
  }

  /** Stops reading its output: once about 200 KB wait in the kernel, its writes no longer get through. */
  pauseOutput(): void {
    this.#process.stdout.pause()
    this.#process.stderr.pause()
  }

  /** Reads its output again. */
  resumeOutput(): void {
    this.#process.stdout.resume()
    this.#process.stderr.resume()
  }

  /** Ends it without waiting, for the last moment of the test process. */
  abandon(): void {
    this.signal('SIGKILL')
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #keep(text: string, from: Readable): void {
    this.#output = (this.#output + text).slice(-OUTPUT_LIMIT)
    if (from === this.#process.stderr) this.errors = (this.errors + text).slice(-OUTPUT_LIMIT)
    else this.printed = (this.printed + text).slice(-OUTPUT_LIMIT)
  }

  async #untilEnd(): Promise<Exit> {
    // Asked for first, because it may come in the same turn as the exit.
    const closed = once(this.#process, 'close')
    await once(this.#process, 'exit')
    const { exitCode: code, signalCode: signal } = this.#process
    this.resumeOutput()
    // The bytes left in the pipes belong to the output, but a grandchild may hold the pipes open without end.
    const waiting = new AbortController()
    await Promise.race([closed, delay(CLOSE_MS, undefined, { signal: waiting.signal })])
    waiting.abort()
    running.delete(this)
    rmSync(this.#folder, { recursive: true, force: true })
    this.exit = { code, signal }
    return this.exit
  }
}

function abandonAll(): void {
  for (const child of running) child.abandon()
}
