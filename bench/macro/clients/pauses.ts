import { type Random, seededRandom } from '../../../src/common/core/seeded-random.js'
import type { StreamClient } from './stream-client.js'

const PAUSE_MS = [200, 3000] as const
const READING_MS = [50, 500] as const

/** The bytes that a client reads each tick between two pauses. After a larger read the kernel's buffer would grow and never fill again. */
export const SIP_BYTES = 16_384
const TICK_MS = 20

interface Habit {
  isReading: boolean
  untilMs: number
}

/** Stops and resumes the reading of clients, at random times. */
export class Pauses {
  private readonly random: Random = seededRandom(process.pid)
  private readonly habits = new Map<StreamClient, Habit>()
  private timer: NodeJS.Timeout | undefined

  /** Takes one more client. */
  add(client: StreamClient): void {
    client.isSipping = true
    this.habits.set(client, { isReading: false, untilMs: performance.now() + this.draw(PAUSE_MS) })
    this.timer ??= setInterval(() => this.tick(performance.now()), TICK_MS)
  }

  /** Resumes all clients for good. */
  end(): void {
    clearInterval(this.timer)
    for (const client of this.habits.keys()) {
      client.isSipping = false
      client.resume()
    }
  }

  private tick(nowMs: number): void {
    for (const [client, habit] of this.habits) {
      if (nowMs >= habit.untilMs) {
        habit.isReading = !habit.isReading
        habit.untilMs = nowMs + this.draw(habit.isReading ? READING_MS : PAUSE_MS)
      }
      if (habit.isReading) client.resume()
    }
  }

  private draw([least, most]: readonly [number, number]): number {
    return least + this.random() * (most - least)
  }
}
