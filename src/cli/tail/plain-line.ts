import { detailChannel } from '../../common/channels.js'
import { visible } from '../../common/logging/control-characters.js'

/**
 * One event as one line, without the line feed: its data, after its name and a tab where the namespace doesn't tell the name already. Control
 * characters, line breaks too, come as escapes.
 */
export function plainLine(namespace: string, name: string, data: string): string {
  const [kind, ...rest] = namespace.split('/')
  const isTold = name === 'message' || (kind === 'details' && name === detailChannel(rest.join('/')))
  return isTold ? visible(data) : `${visible(name)}\t${visible(data)}`
}
