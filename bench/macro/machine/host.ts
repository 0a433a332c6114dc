import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Open files of a process beside its connections: Redis, logs, libraries, the listening socket, health checks. */
const OTHER_FILES = 200

/** The processors: the server has its own, all other processes share the rest. */
export interface Pinning {
  /** The words in front of a command that pin it to the processors of the server; none where nothing is pinned. */
  readonly server: readonly string[]
  /** The number of processors that the load has. */
  readonly loadCpus: number
  /** A line for the report. */
  readonly about: string
}

/** Pins this process, and with it its children, to the processors that the server does not get. */
export function pin(serverCpus: number): Pinning {
  const cpus = allowedCpus()
  const unpinned = (reason: string) => ({
    server: [],
    loadCpus: Math.max(1, cpus.length - serverCpus),
    about: `nothing is pinned: ${reason}`,
  })
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

/** Returns the error text for more connections than the limit of open files allows; null where they fit. */
export function openFilesFault(connections: number): string | null {
  const needed = connections + OTHER_FILES
  const [, limit = ''] = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
  if (limit === 'unlimited' || Number(limit) >= needed) return null
  // Node has raised its soft limit to the hard one already.
  const shell = `as root, run \`ulimit -Hn ${needed}\` in this shell first`
  const lasting = `lasting: \`nofile\` in /etc/security/limits.conf, or --ulimit nofile=${needed} for a container`
  return `${connections} connections need ${needed} open files per process, and the limit here is ${limit}: ${shell} (${lasting})`
}

/** `Cpus_allowed_list: 0-1,4` in proc_pid_status(5). */
function allowedCpus(): number[] {
  const [, list = ''] = /^Cpus_allowed_list:\s*(.+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}
