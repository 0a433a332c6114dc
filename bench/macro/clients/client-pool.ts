import { Helper } from '../remote/helper.js'
import type { Tallies } from '../tally.js'
import {
  type ClientWindow,
  type OpenCommand,
  type Opening,
  openingSchema,
  type Settlement,
  settlementSchema,
  windowSchema,
} from './commands.js'
import { Latencies } from './latencies.js'

const MAX_PER_PROCESS = 5000
const MAX_PROCESSES = 4
const DEADLINE_MS = 90_000

/** What all clients together have received in a window. */
export interface PoolWindow extends Omit<ClientWindow, 'latencies'> {
  readonly latencies: Latencies
}

/** All clients, spread over processes. */
export class ClientPool {
  private readonly helpers: readonly Helper[]

  /** @param cpus how many processors they have */
  constructor(
    private readonly command: OpenCommand,
    cpus: number,
  ) {
    const wanted = Math.max(Math.ceil(command.count / MAX_PER_PROCESS), Math.min(cpus, MAX_PROCESSES))
    this.helpers = Array.from({ length: Math.min(wanted, command.count) }, () => Helper.start('clients/client-process.js'))
  }

  async open(): Promise<Opening> {
    const openings = this.helpers.map((helper, index) => {
      const [count, neverRead] = [this.share(this.command.count, index), this.share(this.command.neverRead, index)]
      return helper.ask({ ...this.command, count, neverRead }, openingSchema, DEADLINE_MS)
    })
    return together(await Promise.all(openings))
  }

  async return(): Promise<Opening> {
    return together(await Promise.all(this.helpers.map((helper) => helper.ask({ do: 'return' }, openingSchema, DEADLINE_MS))))
  }

  async mark(): Promise<PoolWindow> {
    const windows = await Promise.all(this.helpers.map((helper) => helper.ask({ do: 'mark' }, windowSchema, DEADLINE_MS)))
    const latencies = new Latencies()
    for (const window of windows) latencies.include(window.latencies)
    return {
      events: sum(windows.map(({ events }) => events)),
      min: Math.min(...windows.map(({ min }) => min)),
      max: Math.max(...windows.map(({ max }) => max)),
      open: sum(windows.map(({ open }) => open)),
      malformed: sum(windows.map(({ malformed }) => malformed)),
      latencies,
    }
  }

  async settle(expected: Tallies): Promise<Settlement> {
    const ask = (helper: Helper) => helper.ask({ do: 'settle', expected }, settlementSchema, DEADLINE_MS)
    const settlements = await Promise.all(this.helpers.map(ask))
    return { exact: sum(settlements.map(({ exact }) => exact)), faults: settlements.flatMap(({ faults }) => faults) }
  }

  end(): void {
    for (const helper of this.helpers) helper.end()
  }

  private share(total: number, index: number): number {
    const { length } = this.helpers
    return Math.floor((total * (index + 1)) / length) - Math.floor((total * index) / length)
  }
}

const together = (openings: readonly Opening[]): Opening => ({
  startedNs: Math.min(...openings.map(({ startedNs }) => startedNs)),
  openedNs: Math.max(...openings.map(({ openedNs }) => openedNs)),
  open: sum(openings.map(({ open }) => open)),
})

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0)
