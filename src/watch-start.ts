import { Logger } from '@nestjs/common'

const PERIOD_MS = 10_000

/**
 * Says every 10 s in the log that the server has not started yet, and which plug-ins it may be waiting for; until the function that it returns is called.
 * A process that would have nothing else to do, and end without a word, goes on. Without plug-ins nothing is said.
 */
export function watchStart(plugIns: readonly string[]): () => void {
  if (plugIns.length === 0) return () => undefined
  const logger = new Logger('Application')
  const startMs = performance.now()
  const timer = setInterval(() => {
    const tookMs = Math.round(performance.now() - startMs)
    logger.warn({ msg: 'still starting: a plug-in may wait for something where it is loaded, constructed or initialised', plugIns, tookMs })
  }, PERIOD_MS)
  return () => clearInterval(timer)
}
