import { Redis } from 'ioredis'
import { AppError } from '../app-error.js'
import type { RedisConfig } from '../config/app-config.js'
import { commandOptions } from './redis-options.js'

/** A connection to Redis for commands. Each of them fails with ERR_REDIS_AWAY at once while Redis is away, and within 2 s when it hangs; none is queued. */
export class CommandConnection {
  private readonly redis: Redis
  private lastError = ''

  constructor(target: RedisConfig) {
    this.redis = new Redis(commandOptions(target))
  }

  /** Connects, and again whenever the connection is lost. */
  connect(onReady: () => void = () => undefined): void {
    this.redis.on('ready', onReady)
    // Told with the next call that fails.
    this.redis.on('error', (error: Error) => {
      this.lastError = error.message
    })
    this.redis.connect().catch(() => undefined)
  }

  disconnect(): void {
    this.redis.disconnect()
  }

  /** To send a command over, now. */
  get ready(): Redis {
    if (this.redis.status !== 'ready') {
      throw new AppError('ERR_REDIS_AWAY', `Redis is not connected${this.lastError === '' ? '' : `: ${this.lastError}`}`)
    }
    return this.redis
  }
}
