import { type Random, seededRandom } from '../../../src/common/core/seeded-random.js'
import type { StreamClient } from './stream-client.js'

const PAUSE_MS = [200, 3000] as const
const READING_MS = [50, 500] as const

/** Between pauses a client takes so many bytes each tick. In one gulp it would teach the kernel to give it a buffer that never fills again. */
export const SIP_BYTES = 16_384
const TICK_MS = 20

interface Habit {
  isReading: boolean
  untilMs: number
}

/** Makes clients stop reading for random times, again and again. */
export class Pauses {
  private readonly random: Random = seededRandom(process.pid)
  private readonly habits = new Map<StreamClient, Habit>()
  private timer: NodeJS.Timeout | undefined

  /** From now on this client pauses. */
  add(client: StreamClient): void {
    client.isSipping = true
    this.habits.set(client, { isReading: false, untilMs: performance.now() + this.draw(PAUSE_MS) })
    this.timer ??= setInterval(() => this.tick(performance.now()), TICK_MS)
  }

  /** All read on. */
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
