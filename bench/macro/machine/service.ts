import type { ChildProcess } from 'node:child_process'
import { startChild } from './children.js'
import { until } from './time.js'

const START_MS = 30_000
const STOP_MS = 15_000
const OUTPUT_LIMIT = 65_536
const REPORT_FD = 3

/** The command of a program, and the check that shows that it serves. */
export interface ServiceOptions {
  readonly name: string
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly isUp: () => Promise<boolean>
  /** Receives the text that the program writes to descriptor 3. */
  readonly onReport?: ((text: string) => void) | undefined
}

/** A program that serves on a port: Redis, or the server under measurement. */
export class Service {
  private output = ''

  private constructor(
    readonly pid: number,
    private readonly child: ChildProcess,
  ) {
    const keep = (bytes: Buffer) => {
      this.output = (this.output + bytes.toString()).slice(-OUTPUT_LIMIT)
    }
    child.stdout?.on('data', keep)
    child.stderr?.on('data', keep)
  }

  /** @throws Error with the output of a program that does not come up */
  static async start({ name, command: [program = '', ...args], env, isUp, onReport }: ServiceOptions): Promise<Service> {
    const stdio = ['ignore', 'pipe', 'pipe', ...(onReport === undefined ? [] : ['pipe' as const])] as const
    const child = startChild(program, args, { env: { PATH: process.env['PATH'], ...env }, stdio: [...stdio] })
    if (onReport !== undefined) child.stdio[REPORT_FD]?.on('data', (bytes: Buffer) => onReport(bytes.toString('latin1')))
    if (child.pid === undefined) throw new Error(`${name}: ${program} does not start; is it installed?`)
    const service = new Service(child.pid, child)
    const isThere = await until(async () => service.hasEnded || (await isUp()), START_MS)
    if (isThere && !service.hasEnded) return service
    service.kill()
    throw new Error(`${name} does not come up:\n${service.output}`)
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null
  }

  /** Asks the program to end, and kills it after a while. */
  async stop(): Promise<void> {
    this.child.kill('SIGTERM')
    if (!(await until(() => this.hasEnded, STOP_MS))) this.kill()
  }

  kill(): void {
    this.child.kill('SIGKILL')
  }
}
