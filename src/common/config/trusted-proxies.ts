import { isIP } from 'node:net'
import proxyAddr from '@fastify/proxy-addr'

const NAMED_RANGES = new Set(['loopback', 'linklocal', 'uniquelocal'])

/** The proxies of TRUST_PROXY, one entry each; null where one is none. Words and numbers that would trust everybody are none. */
export function parseTrustedProxies(text: string): readonly string[] | null {
  if (text === '') return []
  const entries = text.split(',').map((entry) => entry.trim())
  return entries.every((entry) => NAMED_RANGES.has(entry) || isRange(entry)) ? entries : null
}

/** The package alone would take a number for an address, as old C libraries do. */
function isRange(entry: string): boolean {
  if (isIP(entry.split('/')[0] ?? '') === 0) return false
  try {
    proxyAddr.compile(entry)
    return true
  } catch {
    return false
  }
}
