const GROUPS = 8
/** One customer gets a /64 at least (RFC 6177), and may use any address of it. */
const GROUPS_OF_64 = 4

/**
 * What counts as one address: an IPv4 address itself, of an IPv6 address its /64, as `2001:db8:0:1::/64`; `''` for an unknown one.
 * @param address bare, as sockets give it: valid, no port, IPv4 not mapped
 */
export function addressBlock(address: string): string {
  if (!address.includes(':')) return address
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::')
  const before = groupsOf(head)
  const after = groupsOf(tail ?? '')
  const zeros = tail === undefined ? 0 : GROUPS - before.length - after.length
  const groups = [...before, ...Array<string>(Math.max(0, zeros)).fill('0'), ...after].slice(0, GROUPS_OF_64)
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`
}

const groupsOf = (text: string): string[] => (text === '' ? [] : text.split(':'))
