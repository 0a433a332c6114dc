import { Agent, get } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

const PERIOD_MS = 50
const TIMEOUT_MS = 30_000

/** Asks /health/live again and again, each time when the last answer has come: how long the longest one took shows how the event loop turns. */
export class HealthPoll {
  private maxMs = 0
  private isOn = true
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 })
  private readonly done: Promise<void>

  constructor(private readonly url: string) {
    this.done = this.run()
  }

  /** Returns the longest time of an answer; Infinity where one failed. */
  async stop(): Promise<number> {
    this.isOn = false
    await this.done
    this.agent.destroy()
    return this.maxMs
  }

  private async run(): Promise<void> {
    while (this.isOn) {
      const startMs = performance.now()
      const isLive = await this.ask()
      this.maxMs = Math.max(this.maxMs, isLive ? performance.now() - startMs : Number.POSITIVE_INFINITY)
      await delay(PERIOD_MS)
    }
  }

  private ask(): Promise<boolean> {
    return new Promise((resolve) => {
      get(this.url, { agent: this.agent, timeout: TIMEOUT_MS }, (answer) => {
        answer.resume().once('end', () => resolve(answer.statusCode === 200))
      })
        .once('timeout', () => resolve(false))
        .once('error', () => resolve(false))
    })
  }
}
