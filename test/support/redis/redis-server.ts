import { connect } from 'node:net'
import { Child } from '../servers/child.js'
import { freePort } from '../servers/free-port.js'

const START_MS = 10_000
const PING_MS = 1_000

/** How to start a {@link RedisServer}: redis-server gets `args` unchanged, for example `['--requirepass', 'secret']`. */
export interface RedisServerOptions {
  readonly port?: number
  readonly args?: readonly string[]
}

/** A real redis-server on loopback, without persistence, that can be killed, restarted on its port and stopped in its tracks. */
export class RedisServer {
  readonly port: number
  /** Without a password; a test that sets one writes its own URL. */
  readonly url: string
  #args: readonly string[]
  #child: Child

  private constructor(port: number, args: readonly string[], child: Child) {
    this.port = port
    this.url = `redis://127.0.0.1:${port}`
    this.#args = args
    this.#child = child
  }

  /** Starts a server, on a free port unless one is given, and waits until it answers. */
  static async start({ port, args = [] }: RedisServerOptions = {}): Promise<RedisServer> {
    const at = port ?? (await freePort())
    return new RedisServer(at, args, await launch(at, args))
  }

  get pid(): number {
    return this.#child.pid
  }

  /** The log of the running server. */
  get output(): string {
    return this.#child.output
  }

  /** Ends the server at once (SIGKILL), as a crash would; its port then refuses connections. */
  async kill(): Promise<void> {
    await this.#child.kill()
  }

  /** Starts an empty server on the same port, with `args` if given; ends the old one first if it still runs. */
  async restart(args = this.#args): Promise<void> {
    await this.kill()
    this.#args = args
    this.#child = await launch(this.port, this.#args)
  }

  /** Makes the server hang with its connections open (SIGSTOP), as a half-open link would. */
  async pause(): Promise<void> {
    await this.#child.pause()
  }

  /** Continues a paused server (SIGCONT). */
  resume(): void {
    this.#child.resume()
  }

  /** Ends the server for good, paused or not. */
  async stop(): Promise<void> {
    await this.kill()
  }
}

async function launch(port: number, args: readonly string[]): Promise<Child> {
  const child = await Child.spawn('redis-server', [
    ...['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--daemonize', 'no'],
    ...args,
  ]).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new Error('redis-server is missing: install the Debian package "redis-server"', { cause: error })
    }
    throw error
  })
  await child.untilReady(`redis-server on port ${port} answers`, () => answers(port), START_MS)
  return child
}

/** Any answer but "loading" counts: a server with a password refuses PING, and is up. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'))
    socket.setTimeout(PING_MS, () => socket.destroy())
    socket.once('data', (bytes) => {
      resolve(!bytes.toString('latin1').startsWith('-LOADING'))
      socket.destroy()
    })
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
  })
}
