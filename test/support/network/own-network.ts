import { spawnSync } from 'node:child_process'
import koffi from 'koffi'

/** clone(2) */
const CLONE_NEWNET = 0x40000000

/**
 * A network of this process and of the processes that it starts from now on, with loopback alone (network_namespaces(7)). Each file of
 * end-to-end tests has a process of its own, so that it disturbs no other.
 */
export class OwnNetwork {
  private constructor() {}

  /** Enters the network, or returns why this process may not. It can't be left. */
  static enter(): OwnNetwork | string {
    if (process.platform !== 'linux') return `no network namespaces on ${process.platform}`
    const unshare = koffi.load(null).func('int unshare(int flags)')
    // The namespace is that of the thread, and it is this thread that opens sockets and starts processes.
    if (unshare(CLONE_NEWNET) !== 0)
      return `no network namespace of its own: unshare(2) failed with error ${koffi.errno()}, which takes root`
    ip('link', 'set', 'lo', 'up')
    return new OwnNetwork()
  }

  /** Gives an address to this network, as one more of loopback. */
  add(address: string): void {
    this.connect(address)
    // Without the address, packets to it go round loopback by this route, and come back for nobody: they are dropped in silence.
    ip('route', 'add', `${address}/32`, 'dev', 'lo')
  }

  /** Drops all packets to and from the address, without a FIN, a RST or an ICMP message. */
  cut(address: string): void {
    ip('address', 'delete', `${address}/32`, 'dev', 'lo')
  }

  /** Ends the cut: connections that both ends still know go on. */
  connect(address: string): void {
    ip('address', 'add', `${address}/32`, 'dev', 'lo')
  }
}

function ip(...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync('ip', args, { encoding: 'utf8' })
  if (error) throw new Error('ip is missing: install the Debian package "iproute2"', { cause: error })
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`)
}
