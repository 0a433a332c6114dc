import type { Published } from '../feed/commands.js'
import { Helper } from '../remote/helper.js'
import {
  begunSchema,
  type ClientWindow,
  type OpenCommand,
  type Opening,
  openingSchema,
  type Settlement,
  settlementSchema,
  windowSchema,
} from './commands.js'
import { Latencies } from './reading/latencies.js'

const MAX_PER_PROCESS = 5000
const MAX_PROCESSES = 4
const DEADLINE_MS = 90_000

/** The counts of all clients in a window. */
export interface PoolWindow extends Omit<ClientWindow, 'latencies'> {
  readonly latencies: Latencies
}

/** All clients, spread over processes. */
export class ClientPool {
  private readonly helpers: readonly Helper[]

  /** @param cpus the number of processors that the clients have */
  constructor(
    private readonly command: OpenCommand,
    cpus: number,
  ) {
    const count = command.paths.length
    const wanted = Math.max(Math.ceil(count / MAX_PER_PROCESS), Math.min(cpus, MAX_PROCESSES))
    this.helpers = Array.from({ length: Math.min(wanted, count) }, () => Helper.start('clients/client-process.js'))
  }

  async open(): Promise<Opening> {
    const { command, helpers } = this
    const share = (total: number, index: number) => Math.floor((total * index) / helpers.length)
    const openings = helpers.map((helper, index) => {
      const paths = command.paths.slice(share(command.paths.length, index), share(command.paths.length, index + 1))
      const neverRead = share(command.neverRead, index + 1) - share(command.neverRead, index)
      const hangUpsPerSecond = command.hangUpsPerSecond / helpers.length
      return helper.ask({ ...command, paths, neverRead, hangUpsPerSecond }, openingSchema, DEADLINE_MS)
    })
    return together(await Promise.all(openings))
  }

  async return(): Promise<Opening> {
    return together(await Promise.all(this.helpers.map((helper) => helper.ask({ do: 'return' }, openingSchema, DEADLINE_MS))))
  }

  /** Lets all sums begin anew. Returns the number of open clients. */
  async begin(): Promise<number> {
    const begun = await Promise.all(this.helpers.map((helper) => helper.ask({ do: 'begin' }, begunSchema, DEADLINE_MS)))
    return sum(begun.map(({ open }) => open))
  }

  async mark(): Promise<PoolWindow> {
    const windows = await Promise.all(this.helpers.map((helper) => helper.ask({ do: 'mark' }, windowSchema, DEADLINE_MS)))
    const latencies = new Latencies()
    for (const window of windows) latencies.include(window.latencies)
    return {
      events: sum(windows.map(({ events }) => events)),
      min: Math.min(...windows.map(({ min }) => min)),
      max: Math.max(...windows.map(({ max }) => max)),
      gapNs: Math.max(...windows.map(({ gapNs }) => gapNs)),
      open: sum(windows.map(({ open }) => open)),
      malformed: sum(windows.map(({ malformed }) => malformed)),
      latencies,
    }
  }

  async settle(published: Published): Promise<Settlement> {
    const ask = (helper: Helper) => helper.ask({ do: 'settle', published }, settlementSchema, DEADLINE_MS)
    const settlements = await Promise.all(this.helpers.map(ask))
    return {
      exact: sum(settlements.map(({ exact }) => exact)),
      faults: settlements.flatMap(({ faults }) => faults),
      seconds: published.seconds.map((_, index) => ({
        isExact: settlements.every(({ seconds }) => seconds[index]?.isExact),
        missed: Math.max(0, ...settlements.map(({ seconds }) => seconds[index]?.missed ?? 0)),
      })),
    }
  }

  end(): void {
    for (const helper of this.helpers) helper.end()
  }
}

const together = (openings: readonly Opening[]): Opening => ({
  startedNs: Math.min(...openings.map(({ startedNs }) => startedNs)),
  openedNs: Math.max(...openings.map(({ openedNs }) => openedNs)),
  open: sum(openings.map(({ open }) => open)),
})

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0)
