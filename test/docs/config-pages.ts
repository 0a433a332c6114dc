import { z } from 'zod'
import { envGroups } from '../../src/common/config/env.schema.js'

/** The documentation of one variable; Markdown without links. */
interface Variable {
  readonly name: string
  readonly kind: string
  /** Null where the default is not constant; `fallback` then describes it in words. */
  readonly constant: string | null
  readonly fallback: string
  readonly example: string
  readonly meaning: string
}

const PAGE_HEAD = `# Configuration

<!-- Made from src/common/config/env.schema.ts by \`npm run docs:config\`; change it there. -->

Set environment variables, or write them into \`.env\` in the working folder ([.env.example](../.env.example) has them all); the real
environment wins, and an empty variable counts as unset. The server refuses to start on a bad value, in one line that names every variable
at fault and its cure, and on a \`.env\` that it can't read. Booleans are \`true\`/\`false\`, \`t\`/\`f\`, \`yes\`/\`no\`, \`y\`/\`n\`, \`1\`/\`0\` or \`on\`/\`off\`, in any case. Units are part of
the names: \`_MS\` milliseconds, \`_S\` and \`_SEC\` seconds, \`_BYTES\` bytes.

For settings in production, and reasons to change a default, see [operations.md](operations.md).
`

const EXAMPLE_HEAD = `# Made from src/common/config/env.schema.ts by \`npm run docs:config\`; change it there.
# Copy to .env in the working folder and uncomment what you change. The values are the defaults, unless a line says "for example".
# The real environment wins over .env; an empty variable counts as unset.
# Booleans: true/false, t/f, yes/no, y/n, 1/0, on/off, in any case. Units are part of the names: _MS, _S and _SEC, _BYTES.
`

/** The kinds of value that .env.example does not name. */
const PLAIN_KINDS = new Set(['boolean', 'text', 'URL'])

/** docs/configuration.md: a table for each group of the schema. */
export function configurationPage(): string {
  const tables = groups().map(([title, variables]) => {
    const rows = variables.map(
      ({ name, kind, constant, fallback, meaning }) =>
        `| \`${name}\` | ${kind} | ${constant ? `\`${constant}\`` : fallback} | ${meaning} |`,
    )
    return ['', `## ${title}`, '', '| variable | type | default | meaning |', '| --- | --- | --- | --- |', ...rows, ''].join('\n')
  })
  return PAGE_HEAD + tables.join('')
}

/** .env.example: every variable, commented out. */
export function envExample(): string {
  const parts = groups().flatMap(([title, variables]) => [`\n# --- ${title} ---\n`, ...variables.map(exampleOf)])
  return `${EXAMPLE_HEAD}${parts.join('\n')}\n`
}

function exampleOf({ name, kind, constant, fallback, example, meaning }: Variable): string {
  const notes = [meaning, PLAIN_KINDS.has(kind) ? '' : `${kind[0]?.toUpperCase()}${kind.slice(1)}.`]
  if (constant === null) notes.push(`Default: ${fallback}.`, example === '' ? '' : 'For example:')
  const comment = notes.filter((note) => note !== '').join(' ')
  return `${wrapped(comment.replaceAll('`', ''))}\n#${name}=${constant ?? example}`
}

const groups = (): readonly (readonly [string, readonly Variable[]])[] =>
  Object.entries(envGroups).map(([title, schemas]) => [title, Object.entries(schemas).map(([name, schema]) => describe(name, schema))])

function describe(name: string, schema: z.ZodType): Variable {
  const { description = '', fallback = 'none', example = '' } = schema.meta() ?? {}
  return { name, kind: kindOf(schema), constant: constantOf(schema), fallback, example, meaning: description }
}

function kindOf(schema: z.core.$ZodType): string {
  const kind = z.globalRegistry.get(schema)?.kind
  if (kind !== undefined) return kind
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault ? kindOf(schema.unwrap()) : 'text'
}

/** A default as written in the environment; null for an empty list, too. */
function constantOf(schema: z.ZodType): string | null {
  if (!(schema instanceof z.ZodDefault)) return null
  const value: unknown = schema.def.defaultValue
  return (typeof value === 'object' && value !== null ? Object.values(value).join('-') : String(value)) || null
}

/** As lines of comment of at most 140 columns. */
const wrapped = (text: string) => text.replace(/(.{1,138})(?:\s+|$)/gu, '# $1\n').trimEnd()
