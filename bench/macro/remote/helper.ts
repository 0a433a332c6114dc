import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { z } from 'zod'
import { startChild } from '../machine/children.js'
import { answerSchema } from './answer.js'

/** A process of this program that carries out commands, one at a time. */
export class Helper {
  private constructor(
    private readonly name: string,
    private readonly child: ChildProcess,
  ) {}

  /** @param script its path, relative to `bench/macro` */
  static start(script: string): Helper {
    const path = fileURLToPath(new URL(`../${script}`, import.meta.url))
    return new Helper(script, startChild(process.execPath, [path], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }))
  }

  /**
   * Sends a command and waits for its answer.
   * @throws Error where the helper answers with one, ends, or gives no answer in time
   */
  async ask<Value>(command: object, schema: z.ZodType<Value>, deadlineMs: number): Promise<Value> {
    const waiting = new AbortController()
    const { signal } = waiting
    const late = setTimeout(() => waiting.abort(), deadlineMs)
    try {
      const answered = once(this.child, 'message', { signal })
      const exited = once(this.child, 'exit', { signal }).then(() => [{ error: 'it has ended' }])
      const outcome = Promise.race([answered, exited])
      outcome.catch(() => undefined)
      this.child.send(command)
      const [message] = await outcome
      const answer = answerSchema.parse(message)
      if ('error' in answer) throw new Error(`${this.name}: ${answer.error}`)
      return schema.parse(answer.value)
    } catch (error) {
      if (signal.aborted) throw new Error(`${this.name}: no answer within ${deadlineMs} ms`, { cause: error })
      throw error
    } finally {
      clearTimeout(late)
      waiting.abort()
    }
  }

  end(): void {
    this.child.kill('SIGKILL')
  }
}
