import { readdirSync, readFileSync } from 'node:fs'

/** `getconf CLK_TCK`, which is 100 on every Linux that Node runs on (proc_pid_stat(5)). */
const TICKS_PER_SECOND = 100

/** The resources that a process and its descendants have used so far. */
export interface Usage {
  readonly cpuSeconds: number
  /** The time in which main threads were ready to run and had no processor. */
  readonly waitedSeconds: number
  readonly residentKb: number
  /** The sum of the most that each process ever had. */
  readonly residentMaxKb: number
}

export function usageOf(pid: number): Usage {
  const members = tree(pid)
  return {
    cpuSeconds: sum(members.map(cpuSeconds)),
    waitedSeconds: sum(members.map(waitedSeconds)),
    residentKb: sum(members.map((member) => memoryKb(member, 'VmRSS'))),
    residentMaxKb: sum(members.map((member) => memoryKb(member, 'VmHWM'))),
  }
}

/** The processes that a process has started, the oldest first. */
export const childrenOf = (pid: number): number[] =>
  tree(pid)
    .filter((member) => Number(statOf(member)[1]) === pid)
    .sort((a, b) => a - b)

/** The number of open files of a process. */
export const openFilesOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length

function tree(pid: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    const parent = Number(statOf(Number(name))[1])
    children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const members = [pid]
  for (const member of members) members.push(...(children.get(member) ?? []))
  return members
}

function cpuSeconds(pid: number): number {
  const stat = statOf(pid)
  return (Number(stat[11] ?? 0) + Number(stat[12] ?? 0)) / TICKS_PER_SECOND
}

/** The second number of /proc/<pid>/schedstat (https://docs.kernel.org/scheduler/sched-stats.html); 0 where the kernel has none. */
function waitedSeconds(pid: number): number {
  return Number(read(pid, 'schedstat').split(' ')[1] ?? 0) / 1e9
}

/** A line of proc_pid_status(5). */
function memoryKb(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const [, kilobytes = 0] = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(read(pid, 'status')) ?? []
  return Number(kilobytes)
}

/** The fields of /proc/<pid>/stat after the name, which can hold spaces: state, parent, … */
function statOf(pid: number): string[] {
  const text = read(pid, 'stat')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

/** Returns the empty string for a process that has ended. */
function read(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    return ''
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0)
