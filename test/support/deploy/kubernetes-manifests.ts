import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Deployment } from 'kubernetes-types/apps/v1.js'
import type { Service } from 'kubernetes-types/core/v1.js'
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1.js'
import ts from 'typescript'
import { parseAllDocuments } from 'yaml'

const FOLDER = fileURLToPath(new URL('../../../deploy/kubernetes/', import.meta.url))
/** In memory, and here, so that the compiler finds the types. */
const PROBE_FILE = fileURLToPath(new URL('./manifest-under-test.ts', import.meta.url))
/** Kind → where its type is declared. */
const KINDS: Readonly<Record<string, string>> = { 'apps/v1': 'apps/v1', v1: 'core/v1', 'policy/v1': 'policy/v1' }
const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  types: [],
  skipLibCheck: true,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
}

/** The declarations that every manifest is checked against: the compiler parses them once. */
const parsed = new Map<string, ts.SourceFile>()

interface Manifests {
  readonly Deployment: Deployment
  readonly Service: Service
  readonly PodDisruptionBudget: PodDisruptionBudget
}

/** All of `deploy/kubernetes`, as plain values. */
export function readManifests(): unknown[] {
  const files = readdirSync(FOLDER).map((name) => readFileSync(FOLDER + name, 'utf8'))
  return files.flatMap((text) => parseAllDocuments(text, { strict: true }).map((document) => document.toJS()))
}

/** The one manifest of a kind. It is of that type as far as `manifestFaults` finds none. */
export function manifestOf<Kind extends keyof Manifests>(kind: Kind): Manifests[Kind] {
  const found = readManifests().filter((manifest) => kindOf(manifest).kind === kind)
  if (found.length !== 1) throw new Error(`${found.length} manifests are a ${kind}`)
  return found[0] as Manifests[Kind]
}

/**
 * The faults of a manifest by the published types of its kind: unknown names at any depth, missing names, wrong types. The compiler finds
 * them in a constant of that type, whose literal is the manifest.
 */
export function manifestFaults(manifest: unknown): string[] {
  const { apiVersion, kind } = kindOf(manifest)
  const module = KINDS[apiVersion]
  if (module === undefined) return [`unknown apiVersion ${apiVersion}`]
  const source = `import type { ${kind} } from 'kubernetes-types/${module}'\nexport const manifest: ${kind} = ${JSON.stringify(manifest)}\n`
  const host = ts.createCompilerHost(OPTIONS)
  const { getSourceFile } = host
  host.getSourceFile = (name, ...rest) => {
    if (name === PROBE_FILE) return ts.createSourceFile(name, source, ts.ScriptTarget.ES2022)
    const file = parsed.get(name) ?? getSourceFile(name, ...rest)
    if (file !== undefined) parsed.set(name, file)
    return file
  }
  const program = ts.createProgram([PROBE_FILE], OPTIONS, host)
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))
}

function kindOf(manifest: unknown): { apiVersion: string; kind: string } {
  if (typeof manifest !== 'object' || manifest === null || !('apiVersion' in manifest) || !('kind' in manifest))
    throw new Error('no manifest')
  return { apiVersion: String(manifest.apiVersion), kind: String(manifest.kind) }
}
