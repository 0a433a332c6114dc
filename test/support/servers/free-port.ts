import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'

/** Above 10080, the last port that browsers refuse to talk to. */
const FIRST_PORT = 11_000
const ATTEMPTS = 100
const handedOut = new Set<number>()

/**
 * Finds a TCP port of loopback on which nothing listens, below the kernel's range for outgoing connections: a port of that range may be
 * taken as the source port of any client, and a client that keeps dialling a dead server there can even connect to itself.
 */
export async function freePort(): Promise<number> {
  const end = outgoingRangeStart()
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = FIRST_PORT + Math.floor(Math.random() * (end - FIRST_PORT))
    if (handedOut.has(port)) continue
    if (await canListen(port)) {
      handedOut.add(port)
      return port
    }
  }
  throw new Error(`no free TCP port between ${FIRST_PORT} and ${end} in ${ATTEMPTS} attempts`)
}

function outgoingRangeStart(): number {
  try {
    const start = Number.parseInt(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8'), 10)
    if (start > FIRST_PORT + ATTEMPTS) return start
  } catch {
    // Not Linux: every other system starts its range above the Linux default.
  }
  return 32_768
}

/** Tries all addresses at once, because a server under test may listen on all of them. */
function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
