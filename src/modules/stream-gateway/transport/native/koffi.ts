import { execFile } from 'node:child_process'

/** The part of koffi (https://koffi.dev/) that is used. Its own types may be missing with it. */
export interface Koffi {
  load(library: null): NativeLibrary
  address(bytes: Uint8Array): bigint
  errno(): number
}

export interface NativeLibrary {
  func(definition: string): NativeFunction
}

/** 64-bit integers, addresses among them, go in and come out as numbers: they are far below 2^53. */
export type NativeFunction = (...args: readonly (number | Uint8Array)[]) => number

/**
 * True where Node.js runs on the GNU C library. koffi's binary is made for it; all known aborts while koffi loads are those of other C
 * libraries.
 */
export function hasGlibc(): boolean {
  // Otherwise the report looks up the names of all peers.
  const document = Object.assign(process.report, { excludeNetwork: true }).getReport()
  const header = 'header' in document ? document.header : null
  return typeof header === 'object' && header !== null && 'glibcVersionRuntime' in header
}

/** Loads koffi and makes one call. */
const SCRIPT = 'require(process.argv[1]).load(null).func("int getpid()")()'

/** Loading takes about 0.1 s. */
const TIMEOUT_MS = 5000

/**
 * Loads koffi in a child process first: where its binary does not suit the C library it aborts the whole process, which no `catch` prevents
 * (Koromix/koffi#273, #239). Returns the reason not to load it here, or null. An ordinary error is no such reason: to load it here throws
 * the same.
 */
export const koffiFault = (path: string, timeoutMs: number = TIMEOUT_MS): Promise<string | null> =>
  new Promise((resolve) => {
    execFile(process.execPath, ['-e', SCRIPT, path], { timeout: timeoutMs, killSignal: 'SIGKILL' }, (error) => {
      if (error === null) resolve(null)
      else if (error.killed) resolve(`koffi does not load within ${timeoutMs} ms`)
      else if (error.signal) resolve(`koffi ends the process that loads it: ${error.signal}`)
      else resolve(typeof error.code === 'string' ? `koffi can't be tried in a child process: ${error.code}` : null)
    })
  })
