import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Child, type Exit, type Files } from './child.js'
import { freePort } from './free-port.js'

/** The built program. */
export const MAIN = fileURLToPath(new URL('../../../dist/main.js', import.meta.url))
const START_MS = 20_000
const STOP_MS = 10_000
const PROBE_MS = 1_000

/** Environment variables of a server under test. Beside them it sees `PATH`, `HOST`, `PORT` and the test run's own `NATIVE_SEND` alone. */
export type ServerEnv = Readonly<Record<string, string>>

/** The built server (`dist/main.js`) as a process of its own, in a folder of its own, so that no `.env` is read but one that is given. */
export class ServerProcess {
  readonly port: number
  /** Its origin, without a slash at the end. */
  readonly url: string
  readonly #child: Child

  private constructor(child: Child, url: string, port: number) {
    this.#child = child
    this.url = url
    this.port = port
  }

  /** Starts the server, on loopback and a free port unless `env` says otherwise, and waits until it is live. */
  static async start(env: ServerEnv = {}, files: Files = {}, openFiles?: number): Promise<ServerProcess> {
    const server = await ServerProcess.launch(env, files, openFiles)
    await server.#child.untilReady(`the server is live at ${server.url}`, () => isLive(server.url), START_MS)
    return server
  }

  /** Starts the server without waiting for it, with a limit of open files if one is given. */
  static async launch(env: ServerEnv = {}, files: Files = {}, openFiles?: number): Promise<ServerProcess> {
    const port = env['PORT'] ?? String(await freePort())
    const host = env['HOST'] ?? '127.0.0.1'
    const { PATH, NATIVE_SEND } = process.env
    const given = { PATH, ...(NATIVE_SEND !== undefined && { NATIVE_SEND }), ...env, HOST: host, PORT: port }
    const limited = openFiles === undefined ? [] : ['prlimit', `--nofile=${openFiles}`]
    const [command = '', ...args] = [...limited, process.execPath, MAIN]
    const child = await Child.spawn(command, args, given, files)
    return new ServerProcess(child, `http://${reachable(host)}:${port}`, Number(port))
  }

  /** Runs a server that should end by itself within 20 s, and returns its exit and its output. */
  static async run(env: ServerEnv = {}, files: Files = {}): Promise<Exit & { readonly output: string; readonly errors: string }> {
    const server = await ServerProcess.launch(env, files)
    const late = setTimeout(() => server.signal('SIGKILL'), START_MS)
    const exit = await server.exited
    clearTimeout(late)
    return { ...exit, output: server.output, errors: server.#child.errors }
  }

  get pid(): number {
    return this.#child.pid
  }

  /** The last 1 MiB of its stdout and stderr. */
  get output(): string {
    return this.#child.output
  }

  get exited(): Promise<Exit> {
    return this.#child.exited
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.signal(signal)
  }

  /** Makes the server hang (SIGSTOP) until `resume`. */
  async pause(): Promise<void> {
    await this.#child.pause()
  }

  /** Continues a paused server (SIGCONT). */
  resume(): void {
    this.#child.resume()
  }

  /** Stops reading its output until `resumeOutput`: once about 200 KB wait in the kernel, its writes block. */
  pauseOutput(): void {
    this.#child.pauseOutput()
  }

  /** Reads its output again. */
  resumeOutput(): void {
    this.#child.resumeOutput()
  }

  /** Asks the server to end (SIGTERM) and, after 10 s, ends it (SIGKILL). */
  async stop(): Promise<Exit> {
    this.resume()
    this.signal('SIGTERM')
    const late = setTimeout(() => this.signal('SIGKILL'), STOP_MS)
    const exit = await this.exited
    clearTimeout(late)
    return exit
  }

  /** Resident memory, bytes. */
  rssBytes(): number {
    const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8')) ?? []
    if (kibibytes === undefined) throw new Error(`no VmRSS of process ${this.pid}`)
    return Number(kibibytes) * 1024
  }

  /** Open file descriptors. */
  fdCount(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length
  }

  /** Its running workers: number → process id. */
  workers(): Map<number, number> {
    const pids = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
    return new Map(pids.filter(isRunning).map((pid) => [workerNumber(pid), pid]))
  }
}

/** False for a process that has ended, including one whose parent has not yet collected its status. */
export function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

/** The number that the primary has given to a worker. */
function workerNumber(pid: number): number {
  const [, number] = /(?:^|\0)EMOJITRACK_WORKER=(\d+)/.exec(readFileSync(`/proc/${pid}/environ`, 'latin1')) ?? []
  if (number === undefined) throw new Error(`process ${pid} is no worker`)
  return Number(number)
}

/** A server that listens on all addresses, as it does without a host, is asked on loopback. */
function reachable(host: string): string {
  if (host === '' || host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}

async function isLive(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/health/live`, { headers: { connection: 'close' }, signal: AbortSignal.timeout(PROBE_MS) })
  await answer.arrayBuffer()
  return answer.status === 200
}
