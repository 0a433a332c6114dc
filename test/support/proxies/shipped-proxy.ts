import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { Child, type Files } from '../servers/child.js'
import { freePort } from '../servers/free-port.js'
import { selfSigned } from './self-signed.js'

const DEPLOY = fileURLToPath(new URL('../../../deploy/', import.meta.url))
const START_MS = 10_000
const UPSTREAM = '127.0.0.1:8001'
const NAME = 'streamer.example.com'

export type ProxyName = 'nginx' | 'caddy'

/** The port of the proxy, and the port that it passes requests on to; both on loopback. */
interface Ports {
  readonly port: number
  readonly upstream: number
}

/** How to start one. */
interface Recipe {
  readonly program: string
  readonly args: readonly string[]
  readonly files: (ports: Ports) => Files
}

/** A proxy with the configuration that we ship, changed in its addresses and its certificate alone. */
export class ShippedProxy {
  private constructor(
    private readonly child: Child,
    readonly port: number,
    readonly certificate: string,
  ) {}

  static async start(name: ProxyName, upstream: number): Promise<ShippedProxy> {
    const { key, certificate } = await selfSigned()
    const port = await freePort()
    const { program, args, files } = PROXIES[name]
    // Debian keeps servers where only root looks.
    const env = { PATH: `${process.env['PATH']}:/usr/sbin`, HOME: '.' }
    const child = await Child.spawn(program, args, env, { 'key.pem': key, 'certificate.pem': certificate, ...files({ port, upstream }) })
    await child.untilReady(`${name} listens`, () => listens(port), START_MS)
    return new ShippedProxy(child, port, certificate)
  }

  async stop(): Promise<void> {
    await this.child.kill()
  }
}

const PROXIES: Record<ProxyName, Recipe> = {
  nginx: {
    // One process, in the foreground.
    program: 'nginx',
    args: ['-e', 'stderr', '-p', './', '-c', 'nginx.conf', '-g', 'daemon off; master_process off;'],
    files: ({ port, upstream }) => ({
      'nginx.conf': `pid nginx.pid; events {} http { access_log off; ${paths()} include shipped.conf; }`,
      'shipped.conf': replaceAll(read('nginx/emojitrack-streamer.conf'), {
        [UPSTREAM]: `127.0.0.1:${upstream}`,
        'listen 443': `listen 127.0.0.1:${port}`,
        [`/etc/ssl/certs/${NAME}.pem`]: 'certificate.pem',
        [`/etc/ssl/private/${NAME}.key`]: 'key.pem',
      }),
    }),
  },
  caddy: {
    program: 'caddy',
    args: ['run', '--config', 'Caddyfile', '--adapter', 'caddyfile'],
    files: ({ port, upstream }) => ({
      Caddyfile: `{\n admin off\n auto_https disable_redirects\n}\n${replaceAll(read('caddy/Caddyfile'), {
        [UPSTREAM]: `127.0.0.1:${upstream}`,
        [`${NAME} {`]: `https://localhost:${port} {\n bind 127.0.0.1\n tls certificate.pem key.pem\n`,
      })}`,
    }),
  },
}

const read = (path: string) => readFileSync(DEPLOY + path, 'utf8')

const paths = () => ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${kind};`).join(' ')

/** A text that isn't there would be the shipped configuration run with its own addresses. */
function replaceAll(text: string, changes: Readonly<Record<string, string>>): string {
  for (const [from, to] of Object.entries(changes)) {
    if (!text.includes(from)) throw new Error(`not in the shipped configuration: ${from}`)
    text = text.replaceAll(from, to)
  }
  return text
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
