import { execFile } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { type Instruction, parseDockerfile, type Stage } from './dockerfile.js'

const RUN_MS = 300_000
const OUTPUT_LIMIT = 67_108_864
/** Where the official images keep Node. */
const NODE = 'usr/local/bin/node'
/** The variables by which npm finds its registry and its cache; a step sees no other variable of this environment. */
const FOR_NPM = /^(HOME|TMPDIR|https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS|npm_config_(registry|cache|cafile|userconfig|globalconfig))$/i

/** A folder in place of a container's file system, and the Dockerfile's settings for running it. */
export interface Image {
  /** Absolute; the image's own paths begin here. */
  readonly root: string
  workdir: string
  user: string | undefined
  port: number | undefined
  command: readonly string[]
  health: Extract<Instruction, { kind: 'HEALTHCHECK' }> | undefined
  env: Readonly<Record<string, string>>
}

/**
 * Executes a Dockerfile without a container engine: the same steps on the same files, with real commands. A stage is a folder instead of a
 * file system, so paths are mapped, and a command that names an absolute path is refused. `FROM node:…` is the Node that runs the tests.
 */
export class ImageBuild {
  readonly #folder = mkdtempSync(join(tmpdir(), 'emojitrack-image-'))
  readonly #stages = new Map<string, Image>()

  constructor(private readonly context: string) {
    // For the user that the image runs as.
    chmodSync(this.#folder, 0o755)
  }

  /** Executes all stages and returns the last. */
  async run(): Promise<Image> {
    const stages = parseDockerfile(readFileSync(join(this.context, 'Dockerfile'), 'utf8'))
    let last: Image | undefined
    for (const [index, stage] of stages.entries()) {
      last = this.#open(stage, join(this.#folder, String(index)))
      this.#stages.set(stage.name ?? String(index), last)
      for (const step of stage.steps) await this.#execute(step, last)
    }
    if (last === undefined) throw new Error('no FROM')
    return last
  }

  /** A stage by its name, after `run`. */
  stage(name: string): Image {
    const stage = this.#stages.get(name)
    if (stage === undefined) throw new Error(`no stage ${name}`)
    return stage
  }

  /** The environment of a command in an image. */
  static envOf(image: Image): Record<string, string> {
    return { PATH: `${join(image.root, NODE, '..')}:${process.env['PATH']}`, ...image.env }
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #open({ from }: Stage, root: string): Image {
    const base = this.#stages.get(from)
    if (base) {
      cpSync(base.root, root, { recursive: true, verbatimSymlinks: true })
      return { ...base, root }
    }
    if (!/^node:\d+-slim$/.test(from)) throw new Error(`unknown image: ${from}`)
    mkdirSync(join(root, NODE, '..'), { recursive: true })
    cpSync(process.execPath, join(root, NODE), { dereference: true })
    return { root, workdir: '/', user: undefined, port: undefined, command: [], health: undefined, env: {} }
  }

  async #execute(step: Instruction, image: Image): Promise<void> {
    switch (step.kind) {
      case 'WORKDIR':
        image.workdir = resolve(image.workdir, step.value)
        mkdirSync(pathIn(image, '.'), { recursive: true })
        break
      case 'USER':
        image.user = step.value
        break
      case 'EXPOSE':
        image.port = Number(step.value)
        break
      case 'ENV':
        image.env = { ...image.env, [step.name]: step.value }
        break
      case 'CMD':
        image.command = step.command
        break
      case 'HEALTHCHECK':
        image.health = step
        break
      case 'COPY':
        for (const source of step.sources) this.#copy(step.from, source, image, step.to)
        break
      case 'RUN':
        await run(step.value, image)
    }
  }

  #copy(from: string | undefined, source: string, image: Image, to: string): void {
    const stage = from === undefined ? undefined : this.stage(from)
    const path = stage ? pathIn(stage, source) : join(this.context, source)
    const ignored = stage ? () => false : ignores(this.context)
    const options = { recursive: true, verbatimSymlinks: true } as const
    // The contents of a folder go into the target. So does a file if the target ends like a folder; else the target is its new name.
    const pairs = statSync(path).isDirectory()
      ? readdirSync(path).map((name) => [join(path, name), pathIn(image, join(to, name))] as const)
      : [[path, pathIn(image, /(^\.|\/)$/.test(to) ? join(to, basename(path)) : to)] as const]
    for (const [one, target] of pairs) if (!ignored(basename(one))) cpSync(one, target, options)
  }
}

async function run(script: string, image: Image): Promise<void> {
  if (/(^|[\s='"])\//.test(script)) throw new Error(`an absolute path would be the machine's own: RUN ${script}`)
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => FOR_NPM.test(name)))
  await promisify(execFile)('sh', ['-ec', script], {
    cwd: pathIn(image, '.'),
    env: { ...inherited, ...ImageBuild.envOf(image) },
    timeout: RUN_MS,
    maxBuffer: OUTPUT_LIMIT,
  })
}

/** Where a path of an image is on this machine. */
export const pathIn = (image: Image, path: string) => join(image.root, resolve(image.workdir, path))

/** The names at the top that `.dockerignore` leaves out; the file may hold names and `*.<ending>`. */
function ignores(context: string): (name: string) => boolean {
  const file = join(context, '.dockerignore')
  const patterns = existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => /^[^#]/.test(line))
    : []
  for (const pattern of patterns) if (!/^(\*\.\w+|[\w.-]+)$/.test(pattern)) throw new Error(`unknown pattern in .dockerignore: ${pattern}`)
  return (name) => patterns.some((pattern) => (pattern.startsWith('*') ? name.endsWith(pattern.slice(1)) : name === pattern))
}
