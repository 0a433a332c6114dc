import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const HOLD_MS = 10_000

/**
 * A client that resets one connection and opens another as soon as the file `go` exists. It reports that by the file `done`, and prints
 * the bytes that the second connection received.
 */
const SCRIPT = `
const { connect } = require('node:net')
const { existsSync, writeFileSync } = require('node:fs')
const [port, go, done] = process.argv.slice(1)
const first = connect(+port, '127.0.0.1').on('error', () => {})
const timer = setInterval(() => {
  if (!existsSync(go)) return
  clearInterval(timer)
  first.resetAndDestroy()
  first.on('close', () => {
    const second = connect(+port, '127.0.0.1', () => writeFileSync(done, ''))
    second.pipe(process.stdout)
  })
}, 1)
`

/** Another process that resets its first connection to `port` and opens a second one while this process's event loop stands still. */
export class HeldLoopClient {
  /** The bytes that the second connection has received. */
  received = ''
  private readonly folder = mkdtempSync(join(tmpdir(), 'held-loop-'))
  private readonly child

  constructor(port: number) {
    this.child = spawn(process.execPath, ['-e', SCRIPT, String(port), this.path('go'), this.path('done')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.received += text
    })
  }

  /** Holds the event loop until the client has reset its first connection and opened the second. */
  swapWhileHeld(): void {
    writeFileSync(this.path('go'), '')
    const cell = new Int32Array(new SharedArrayBuffer(4))
    for (let waitedMs = 0; !existsSync(this.path('done')); waitedMs++) {
      if (waitedMs > HOLD_MS) throw new Error('the client did not swap its connections')
      Atomics.wait(cell, 0, 0, 1)
    }
  }

  /** Resolves when the client has ended, which it does after its second connection. */
  ended(): Promise<unknown> {
    return new Promise((resolve) => this.child.once('close', resolve))
  }

  stop(): void {
    this.child.kill('SIGKILL')
    rmSync(this.folder, { recursive: true, force: true })
  }

  private path(name: string): string {
    return join(this.folder, name)
  }
}
