import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Child } from '../servers/child.js'
import { freePort } from '../servers/free-port.js'

const START_MS = 20_000
/** Seconds; every report of a test has a time of its own. */
const STEP_S = 1
const WINDOW_S = 120

const run = promisify(execFile)

/** A value that Carbon has stored, at its time. */
export interface Point {
  readonly atS: number
  readonly value: number
}

/** A real carbon-cache on loopback, on one port for TCP and UDP; its whisper files hold one value a second, in a folder of its own. */
export class CarbonServer {
  readonly #folder: string
  #child: Child

  private constructor(
    readonly port: number,
    folder: string,
    child: Child,
  ) {
    this.#folder = folder
    this.#child = child
  }

  /** Starts one on a free port, and waits until it listens. */
  static async start(): Promise<CarbonServer> {
    const port = await freePort()
    const folder = mkdtempSync(join(tmpdir(), 'emojitrack-carbon-'))
    for (const name of ['conf', 'log', 'whisper']) mkdirSync(join(folder, name))
    writeFileSync(join(folder, 'conf', 'carbon.conf'), settings(folder, port, await freePort(), await freePort()))
    writeFileSync(join(folder, 'conf', 'storage-schemas.conf'), `[all]\npattern = .*\nretentions = ${STEP_S}s:${WINDOW_S * 10}s\n`)
    return new CarbonServer(port, folder, await launch(folder, port))
  }

  /** Everything that was stored under a path, in order of time. */
  async points(path: string): Promise<Point[]> {
    const file = `${join(this.#folder, 'whisper', ...path.split('.'))}.wsp`
    if (!existsSync(file)) return []
    const from = Math.floor(Date.now() / 1000) - WINDOW_S
    const { stdout } = await run('whisper-fetch', ['--from', String(from), file], { env: { PATH: '/usr/bin:/bin' } })
    return stdout
      .split('\n')
      .map((line) => line.split('\t'))
      .filter(([, value]) => value !== undefined && value !== 'None')
      .map(([at, value]) => ({ atS: Number(at), value: Number(value) }))
  }

  /** Ends it at once, as a crash would; its port then refuses connections. */
  async kill(): Promise<void> {
    await this.#child.kill()
  }

  /** Starts it again on the same port and the same files. */
  async restart(): Promise<void> {
    await this.kill()
    this.#child = await launch(this.#folder, this.port)
  }

  /** Ends it for good, files included. */
  async stop(): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

async function launch(folder: string, port: number): Promise<Child> {
  const config = join(folder, 'conf', 'carbon.conf')
  const args = [`--config=${config}`, '--nodaemon', `--pidfile=${join(folder, 'pid')}`, 'start']
  // Debian's programs are written for Debian's python3.
  const child = await Child.spawn('carbon-cache', args, { PATH: '/usr/bin:/bin' }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new Error('carbon-cache is missing: install the Debian package "graphite-carbon"', { cause: error })
    }
    throw error
  })
  await child.untilReady(`carbon-cache on port ${port} listens`, () => accepts(port), START_MS)
  return child
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      resolve(true)
      socket.destroy()
    })
    socket.once('error', () => resolve(false))
  })
}

/** Without a user in its configuration, Carbon runs as the user of the tests. It stores each value at once, and no figures of its own. */
function settings(folder: string, port: number, picklePort: number, queryPort: number): string {
  return `[cache]
USER =
STORAGE_DIR = ${folder}
LOCAL_DATA_DIR = ${folder}/whisper
CONF_DIR = ${folder}/conf
LOG_DIR = ${folder}/log
PID_DIR = ${folder}
LINE_RECEIVER_INTERFACE = 127.0.0.1
LINE_RECEIVER_PORT = ${port}
ENABLE_UDP_LISTENER = True
UDP_RECEIVER_INTERFACE = 127.0.0.1
UDP_RECEIVER_PORT = ${port}
PICKLE_RECEIVER_INTERFACE = 127.0.0.1
PICKLE_RECEIVER_PORT = ${picklePort}
CACHE_QUERY_INTERFACE = 127.0.0.1
CACHE_QUERY_PORT = ${queryPort}
MAX_CREATES_PER_MINUTE = inf
MAX_UPDATES_PER_SECOND = inf
CARBON_METRIC_INTERVAL = 0
ENABLE_TAGS = False
`
}
