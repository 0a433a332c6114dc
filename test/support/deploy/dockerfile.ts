/** One step of a Dockerfile, as far as ours uses it. */
export type Instruction =
  | { readonly kind: 'WORKDIR' | 'USER' | 'EXPOSE' | 'RUN'; readonly value: string }
  | { readonly kind: 'COPY'; readonly from: string | undefined; readonly sources: readonly string[]; readonly to: string }
  | { readonly kind: 'ENV'; readonly name: string; readonly value: string }
  | { readonly kind: 'CMD'; readonly command: readonly string[] }
  | { readonly kind: 'HEALTHCHECK'; readonly seconds: Readonly<Record<string, number>>; readonly command: readonly string[] }

/** A `FROM` and the steps up to the next. */
export interface Stage {
  readonly from: string
  readonly name: string | undefined
  readonly steps: Instruction[]
}

/** Reads a Dockerfile; whatever it does not know is refused, so that no step is left out in silence. */
export function parseDockerfile(text: string): Stage[] {
  const lines = text
    .split('\n')
    .filter((line) => !/^\s*(#|$)/.test(line))
    .join('\n')
    .replace(/\\\n\s*/g, '')
    .split('\n')
  const stages: Stage[] = []
  for (const line of lines) {
    const [, kind = '', rest = ''] = /^([A-Z]+)\s+(\S.*)$/.exec(line) ?? []
    if (kind === 'FROM') stages.push(parseStage(rest))
    else {
      const stage = stages.at(-1)
      if (stage === undefined) throw new Error(`before any FROM: ${line}`)
      stage.steps.push(parseStep(kind, rest))
    }
  }
  return stages
}

function parseStage(text: string): Stage {
  const [, from, name] = /^(\S+)(?:\s+AS\s+(\S+))?$/.exec(text) ?? []
  if (from === undefined) throw new Error(`not understood: FROM ${text}`)
  return { from, name, steps: [] }
}

function parseStep(kind: string, text: string): Instruction {
  switch (kind) {
    case 'WORKDIR':
    case 'USER':
    case 'EXPOSE':
      return { kind, value: match(/^([\w/.-]+)$/, text)[0] }
    case 'RUN':
      return { kind, value: match(/^([^[-].*)$/, text)[0] }
    case 'ENV': {
      const [name, value] = match(/^(\w+)=([^\s"'$]+)$/, text)
      return { kind, name, value }
    }
    case 'COPY': {
      const [from, paths] = match(/^(?:--from=(\S+)\s+)?([^-[].*)$/, text)
      const sources = paths.split(/\s+/)
      const to = sources.pop()
      if (to === undefined || sources.length === 0) throw new Error(`not understood: COPY ${text}`)
      return { kind, from: from || undefined, sources, to }
    }
    case 'CMD':
      return { kind, command: parseCommand(text) }
    case 'HEALTHCHECK': {
      const [options, command] = match(/^((?:--[a-z-]+=\d+s?\s+)*)CMD\s+(.*)$/, text)
      const seconds = Object.fromEntries([...options.matchAll(/--([a-z-]+)=(\d+)/g)].map(([, name, value]) => [name, Number(value)]))
      return { kind, seconds, command: parseCommand(command) }
    }
    default:
      throw new Error(`unknown instruction: ${kind} ${text}`)
  }
}

/** The exec form alone: in the shell form, a shell is process 1. */
function parseCommand(text: string): string[] {
  const command: unknown = JSON.parse(text)
  if (!Array.isArray(command) || !command.every((part) => typeof part === 'string')) throw new Error(`not a list of strings: ${text}`)
  return command
}

function match(pattern: RegExp, text: string): [string, string] {
  const found = pattern.exec(text)
  if (!found) throw new Error(`not understood: ${text}`)
  return [found[1] ?? '', found[2] ?? '']
}
