/** Descriptors for everything that is no stream: Redis, files, health checks, requests that are answered or refused. */
const RESERVE = 256

/**
 * How many streams leave a process enough file descriptors for the rest: its soft limit less 256, or half of a limit below 512. Infinity where
 * the limit isn't known. (Node raises its soft limit to the hard one when it starts.)
 * @param limits the contents of /proc/self/limits, proc(5)
 */
export function streamsThatFit(limits: string | undefined): number {
  const [, soft] = /^Max open files\s+(\d+)\s/m.exec(limits ?? '') ?? []
  if (soft === undefined) return Number.POSITIVE_INFINITY
  return Math.max(Number(soft) - RESERVE, Math.floor(Number(soft) / 2))
}
