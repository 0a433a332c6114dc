import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { eventually } from '../waiting/eventually.js'
import { Child, type Exit, type Files } from './child.js'
import { MAIN } from './server-process.js'

const NAMESPACE = ['--pid', '--fork', '--mount-proc', '--kill-child', ...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'])]

/** False where the system lets nobody make a namespace. */
export const canBeFirst = spawnSync('unshare', [...NAMESPACE, 'true']).status === 0

/** The built server as process 1 of a namespace of its own, as in a container. The kernel drops the signals that process 1 doesn't handle. */
export class FirstProcess {
  private constructor(private readonly unshare: Child) {}

  static async launch(env: Readonly<Record<string, string>>, files: Files = {}): Promise<FirstProcess> {
    const { PATH } = process.env
    return new FirstProcess(
      await Child.spawn('unshare', [...NAMESPACE, process.execPath, MAIN], { PATH, HOST: '127.0.0.1', ...env }, files),
    )
  }

  get output(): string {
    return this.unshare.output
  }

  /** How it ended, as unshare(1) passes it on. */
  get exited(): Promise<Exit> {
    return this.unshare.exited
  }

  async signal(signal: NodeJS.Signals): Promise<void> {
    const { pid } = this.unshare
    const first = await eventually('it has been forked', () => Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')))
    process.kill(first, signal)
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    await this.unshare.kill()
  }
}
