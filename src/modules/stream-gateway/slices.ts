/** How many subscribers are served before the event loop gets its turn: about 1 ms of system calls. */
export const SLICE = 200

/** Runs a task up to each `yield` in a turn of the event loop of its own, so that ingest, health and new connections are not held up. */
export function runInSlices(task: Iterator<void>, onDone: () => void): void {
  const step = () => {
    if (task.next().done) onDone()
    else setImmediate(step)
  }
  step()
}
