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

export type ProxyName = 'nginx' | 'caddy' | 'haproxy'

/** The port of the proxy, and the ports that it passes requests on to; all on loopback. */
interface Ports {
  readonly port: number
  readonly upstreams: readonly number[]
}

/** Texts of the shipped configuration, and what replaces them. */
type Changes = Readonly<Record<string, string>>

/** How to start one. */
interface Recipe {
  readonly program: string
  readonly args: readonly string[]
  readonly path: string
  readonly changes: (ports: Ports) => Changes
  /** The files of the proxy, of the changed configuration. */
  readonly files: (configuration: string) => Files
}

/** A proxy with the configuration that we ship, changed in its addresses and its certificate alone unless a test asks for more. */
export class ShippedProxy {
  private constructor(
    private readonly child: Child,
    readonly port: number,
    readonly certificate: string,
  ) {}

  /** @param upstreams the ports of one server, or of several */
  static async start(name: ProxyName, upstreams: number | readonly number[], more: Changes = {}): Promise<ShippedProxy> {
    const { key, certificate } = await selfSigned()
    const port = await freePort()
    const { program, args, path, changes, files } = PROXIES[name]
    const configuration = replaceAll(read(path), { ...more, ...changes({ port, upstreams: [upstreams].flat() }) })
    // Debian keeps servers where only root looks.
    const env = { PATH: `${process.env['PATH']}:/usr/sbin`, HOME: '.' }
    const pems = { 'key.pem': key, 'certificate.pem': certificate, 'both.pem': certificate + key }
    const child = await Child.spawn(program, args, env, { ...pems, ...files(configuration) })
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
    path: 'nginx/emojitrack-streamer.conf',
    changes: ({ port, upstreams }) => ({
      [`    server ${UPSTREAM} max_fails=3 fail_timeout=5s;\n`]: linesOf(
        upstreams,
        (upstream) => `    server 127.0.0.1:${upstream} max_fails=3 fail_timeout=5s;\n`,
      ),
      'listen 443': `listen 127.0.0.1:${port}`,
      [`/etc/ssl/certs/${NAME}.pem`]: 'certificate.pem',
      [`/etc/ssl/private/${NAME}.key`]: 'key.pem',
    }),
    files: (configuration) => ({
      'nginx.conf': `pid nginx.pid; events {} http { access_log off; ${paths()} include shipped.conf; }`,
      'shipped.conf': configuration,
    }),
  },
  caddy: {
    program: 'caddy',
    args: ['run', '--config', 'Caddyfile', '--adapter', 'caddyfile'],
    path: 'caddy/Caddyfile',
    changes: ({ port, upstreams }) => ({
      [UPSTREAM]: upstreams.map((upstream) => `127.0.0.1:${upstream}`).join(' '),
      [`${NAME} {`]: `https://localhost:${port} {\n bind 127.0.0.1\n tls certificate.pem key.pem\n`,
    }),
    files: (configuration) => ({ Caddyfile: `{\n admin off\n auto_https disable_redirects\n}\n${configuration}` }),
  },
  haproxy: {
    program: 'haproxy',
    // In the foreground.
    args: ['-db', '-f', 'haproxy.cfg'],
    path: 'haproxy/haproxy.cfg',
    changes: ({ port, upstreams }) => ({
      // The tests have fewer descriptors than a proxy.
      'maxconn 60000': 'maxconn 1000',
      [`    server node1 ${UPSTREAM} `]: linesOf(
        upstreams.slice(1),
        (upstream) => `    server node${upstream} 127.0.0.1:${upstream} check\n`,
      ).concat(`    server node1 127.0.0.1:${upstreams[0]} `),
      'bind :443': `bind 127.0.0.1:${port}`,
      [`/etc/haproxy/${NAME}.pem`]: 'both.pem',
    }),
    files: (configuration) => ({ 'haproxy.cfg': configuration }),
  },
}

const linesOf = (upstreams: readonly number[], line: (upstream: number) => string) => upstreams.map(line).join('')

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
