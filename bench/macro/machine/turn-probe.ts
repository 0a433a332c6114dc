// Measures the turns of the event loop from inside the server. `node --import` loads it in front of any build, which needs no change.
import { writeSync } from 'node:fs'

/** The timer is due in every turn that takes this long, so the time between two of its calls is that of one turn, and at most this more. */
const STEP_MS = 1
const REPORT_MS = 100
/** The pipe that the runner reads. */
const REPORT_FD = 3

/** Time since the start of this process, and CPU time of all its threads. */
const look = () => {
  const { user, system } = process.cpuUsage()
  return { wallMs: performance.now(), cpuMs: (user + system) / 1000 }
}

function watch(): void {
  let before = look()
  let reportedMs = before.wallMs
  let longestMs = 0
  let longestCpuMs = 0
  const step = () => {
    const now = look()
    const turnMs = now.wallMs - before.wallMs
    longestMs = Math.max(longestMs, turnMs)
    longestCpuMs = Math.max(longestCpuMs, Math.min(turnMs, now.cpuMs - before.cpuMs))
    before = now
    if (now.wallMs - reportedMs < REPORT_MS) return
    writeSync(REPORT_FD, `${process.hrtime.bigint()} ${longestMs} ${longestCpuMs}\n`)
    reportedMs = now.wallMs
    longestMs = 0
    longestCpuMs = 0
  }
  setInterval(step, STEP_MS).unref()
}

// A worker inherits the option and not the pipe: its descriptor 3 is the channel to the primary.
if (!process.connected) watch()
