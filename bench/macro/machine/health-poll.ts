import { Agent, get } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

const PERIOD_MS = 20
const TIMEOUT_MS = 30_000

/** Asks /health/live again and again, one request at a time. The slowest answer shows the longest delay of the event loop. */
export class HealthPoll {
  private maxMs = 0
  private isOn = true
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 })
  private readonly done: Promise<void>

  constructor(private readonly url: string) {
    this.done = this.run()
  }

  /** Returns the time of the slowest answer; Infinity where a request failed. */
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
      const request = get(this.url, { agent: this.agent, timeout: TIMEOUT_MS }, (answer) => {
        answer.resume().once('end', () => resolve(answer.statusCode === 200))
      })
      request.once('timeout', () => resolve(false))
      // After a long turn the server closes idle connections, and the request may cross that: it is sent again, as browsers do.
      request.once('error', () => resolve(request.reusedSocket ? this.ask() : false))
    })
  }
}
