import { Redis } from 'ioredis'

/** All scores: id → score; none while Redis is away. */
export async function scoresOf(url: string): Promise<Map<string, number>> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: null })
  redis.on('error', () => undefined)
  try {
    await redis.connect()
    const flat = await redis.zrange('emojitrack_score', '0', '-1', 'WITHSCORES')
    return new Map(flat.flatMap((id, i) => (i % 2 === 0 ? [[id, Number(flat[i + 1])]] : [])))
  } finally {
    redis.disconnect()
  }
}
