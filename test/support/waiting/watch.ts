/** Lets callers wait for a condition, which is checked again only after a change. */
export class Watch {
  readonly #checks = new Set<() => void>()
  readonly #over: () => string | undefined
  readonly #describe: () => string

  /** For the error of a wait in vain, `over` gives the reason why no change can come any more, and `describe` the present state. */
  constructor(over: () => string | undefined, describe: () => string) {
    this.#over = over
    this.#describe = describe
  }

  /** Says that something has changed. */
  notify(): void {
    for (const check of this.#checks) check()
  }

  /** Settles with the first truthy value of `check`; throws after `deadlineMs` milliseconds, or as soon as nothing can change any more. */
  until<T>(what: string, check: () => T | undefined | false, deadlineMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const fail = (why: string) => {
        stop()
        reject(new Error(`${what}: ${why} (${this.#describe()})`))
      }
      const attempt = () => {
        try {
          const value = check()
          const over = this.#over()
          if (value) {
            stop()
            resolve(value)
          } else if (over !== undefined) fail(over)
        } catch (error) {
          stop()
          reject(error)
        }
      }
      const stop = () => {
        clearTimeout(timer)
        this.#checks.delete(attempt)
      }
      const timer = setTimeout(() => fail(`not within ${deadlineMs} ms`), deadlineMs)
      this.#checks.add(attempt)
      attempt()
    })
  }
}
