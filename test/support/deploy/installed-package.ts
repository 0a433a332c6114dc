import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url))
const TSC = join(PROJECT, 'node_modules/typescript/bin/tsc')
const TYPE_ROOTS = join(PROJECT, 'node_modules/@types')
const PACK_AND_INSTALL_MS = 240_000

const exec = promisify(execFile)

/** The compiler options of a project that has the package installed. */
const COMPILER_OPTIONS = {
  target: 'ES2022',
  strict: true,
  skipLibCheck: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  typeRoots: [TYPE_ROOTS],
  types: ['node'],
}

/** How its imports are resolved. */
const RESOLUTIONS = {
  node: { module: 'NodeNext' },
  node16: { module: 'Node16' },
  bundler: { module: 'ESNext', moduleResolution: 'bundler' },
}

/** The package as npm packs it, installed from its tarball into an empty folder, together with other packages. */
export class InstalledPackage {
  /** The folder of the project that it is installed into. */
  readonly folder: string
  /** Size of the tarball, bytes. */
  readonly tarballBytes: number

  private constructor(folder: string, tarballBytes: number) {
    this.folder = folder
    this.tarballBytes = tarballBytes
  }

  /**
   * Packs dist/ unchanged: a build here would disturb the tests that run beside. Asks the registry where npm's cache lacks something.
   * @param others the folders of built packages, which are packed and installed beside it
   */
  static async make(others: readonly string[] = []): Promise<InstalledPackage> {
    const folder = mkdtempSync(join(tmpdir(), 'emojitrack-installed-'))
    try {
      const [own = '', ...beside] = await Promise.all([PROJECT, ...others].map((each) => pack(each, folder)))
      const { size } = statSync(join(folder, own))
      writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
      const options = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
      const tarballs = [own, ...beside].map((name) => `./${name}`)
      await exec('npm', ['install', ...options, ...tarballs], { cwd: folder, timeout: PACK_AND_INSTALL_MS })
      return new InstalledPackage(folder, size)
    } catch (error) {
      rmSync(folder, { recursive: true, force: true })
      throw error
    }
  }

  /** Its files, with slashes. */
  files(): readonly string[] {
    return readdirSync(this.#root, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(this.#root, name)).isFile())
  }

  read(name: string): string {
    return readFileSync(join(this.#root, name), 'utf8')
  }

  /** Writes TypeScript files into the project and compiles it in place; throws with the compiler's complaints. */
  async compile(sources: Readonly<Record<string, string>>, resolution: keyof typeof RESOLUTIONS = 'node'): Promise<void> {
    for (const [name, text] of Object.entries(sources)) {
      mkdirSync(join(this.folder, dirname(name)), { recursive: true })
      writeFileSync(join(this.folder, name), text)
    }
    const config = { compilerOptions: { ...COMPILER_OPTIONS, ...RESOLUTIONS[resolution] }, files: Object.keys(sources) }
    writeFileSync(join(this.folder, 'tsconfig.json'), JSON.stringify(config))
    await exec(process.execPath, [TSC, '-p', this.folder]).catch((error: { stdout?: string }) => {
      throw new Error(`tsc: ${error.stdout}`)
    })
  }

  /** The output of a command that runs in the project. */
  async run(command: string, ...args: readonly string[]): Promise<string> {
    const { stdout } = await exec(command, args, { cwd: this.folder })
    return stdout
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  get #root(): string {
    return join(this.folder, 'node_modules/emojitrack-streamer')
  }
}

/** Packs the package of a folder, without building it, and gives the name of its tarball. */
async function pack(folder: string, into: string): Promise<string> {
  const { stdout } = await exec('npm', ['pack', '--ignore-scripts', '--pack-destination', into], { cwd: folder })
  return stdout.trim().split('\n').at(-1) ?? ''
}
