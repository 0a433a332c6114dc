import { spawnSync } from 'node:child_process'

/** Runs Prometheus' own checker, of Debian's package `prometheus`. `said` is its output on stdout and stderr. */
export function promtool(args: readonly string[], input = ''): { readonly code: number | null; readonly said: string } {
  const { status, stdout, stderr, error } = spawnSync('promtool', args, { input, encoding: 'utf8' })
  if (error !== undefined) throw new Error('promtool is missing: install the Debian package "prometheus"', { cause: error })
  return { code: status, said: stdout + stderr }
}
