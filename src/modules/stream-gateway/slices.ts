/** How many subscribers are served before the event loop gets its turn: about 1 ms of system calls. */
export const SLICE = 200

/**
 * Runs a task up to each `yield` in a turn of the event loop of its own, so that ingest, health and new connections are not held up.
 * @param mustWait asked before each slice but the first; true leaves this turn to others
 */
export function runInSlices(task: Iterator<void>, onDone: () => void, mustWait: () => boolean = () => false): void {
  const step = () => {
    if (task.next().done) onDone()
    else setImmediate(next)
  }
  const next = () => {
    if (mustWait()) setImmediate(next)
    else step()
  }
  step()
}
