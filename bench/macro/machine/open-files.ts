import { readFileSync } from 'node:fs'

/** Beside the connections: Redis, logs, libraries, the listening socket, health checks. */
const BESIDE = 200

/** What to do when so many connections don't fit into the limit of open files; null when they do. */
export function openFilesFault(connections: number): string | null {
  const needed = connections + BESIDE
  const [, limit = ''] = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
  if (limit === 'unlimited' || Number(limit) >= needed) return null
  // Node has raised its soft limit to the hard one already.
  return `${connections} connections need ${needed} open files per process, and the limit here is ${limit}: as root, run \`ulimit -Hn ${needed}\` in this shell first (lasting: \`nofile\` in /etc/security/limits.conf, or --ulimit nofile=${needed} for a container)`
}
