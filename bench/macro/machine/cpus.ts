import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Who runs where: the server has its processors to itself, everything else shares the others. */
export interface Pinning {
  /** The words that go before a command so that it runs on the server's processors; none where nothing is pinned. */
  readonly server: readonly string[]
  /** How many processors the load has. */
  readonly loadCpus: number
  /** For the reader of the report. */
  readonly about: string
}

/** Pins this process, and with it all that it starts, to the processors that the server doesn't get; or says why it can't. */
export function pin(serverCpus: number): Pinning {
  const cpus = allowedCpus()
  const unpinned = (why: string) => ({ server: [], loadCpus: Math.max(1, cpus.length - serverCpus), about: `nothing is pinned: ${why}` })
  if (cpus.length <= serverCpus) return unpinned(`${cpus.length} processors`)
  const own = cpus.slice(0, serverCpus).join(',')
  const others = cpus.slice(serverCpus).join(',')
  const { status } = spawnSync('taskset', ['-apc', others, String(process.pid)], { stdio: 'ignore' })
  if (status !== 0) return unpinned('no taskset')
  return {
    server: ['taskset', '-c', own],
    loadCpus: cpus.length - serverCpus,
    about: `server on processor ${own}, Redis and load on ${others}`,
  }
}

/** `Cpus_allowed_list: 0-1,4` in proc_pid_status(5). */
function allowedCpus(): number[] {
  const [, list = ''] = /^Cpus_allowed_list:\s*(.+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}
