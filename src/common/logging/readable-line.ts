import { prettyFactory } from 'pino-pretty'
import { visible } from './control-characters.js'

/** A line break that a stack trace brings along. */
const STACK_LINE = /\n(?= {4}at |caused by: )/

/** Turns lines of JSON into ones that people read in a terminal. `names` shows the node on each. Nothing from outside breaks a line or colours it. */
export function readableLines(names: boolean, colours?: boolean): (json: string) => string {
  const prettify = prettyFactory({
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
    messageFormat: '{if context}{context}: {end}{msg}',
    ignore: names ? 'context' : 'context,node',
    ...(colours !== undefined && { colorize: colours }),
  })
  return (json) => prettify(visibleFields(JSON.parse(json)))
}

function visibleFields(value: unknown, name = ''): unknown {
  if (typeof value === 'string') return name === 'stack' ? value.split(STACK_LINE).map(visible).join('\n') : visible(value)
  if (Array.isArray(value)) return value.map((each) => visibleFields(each))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [visible(key), visibleFields(field, key)]))
}
