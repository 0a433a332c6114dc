import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { hasGlibc, koffiFault } from './koffi.js'

const folder = mkdtempSync(join(tmpdir(), 'koffi-trial-'))

/** A koffi that does this when it is loaded. */
function koffiThat(name: string, code: string): string {
  const path = join(folder, `${name}.cjs`)
  writeFileSync(path, code)
  return path
}

describe('the C library', () => {
  const withReport = (header: object) => vi.spyOn(process.report, 'getReport').mockReturnValue({ header })
  afterEach(() => vi.restoreAllMocks())

  it('is glibc where the report of Node.js has its version', () => {
    withReport({ glibcVersionRuntime: '2.36' })
    expect(hasGlibc()).toBe(true)
  })

  it('is another one elsewhere', () => {
    withReport({ nodejsVersion: process.version })
    expect(hasGlibc()).toBe(false)
  })
})

describe('the trial of koffi in a child process', () => {
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('finds no fault in a koffi that loads and calls', async () => {
    expect(await koffiFault(createRequire(import.meta.url).resolve('koffi'))).toBeNull()
  })

  it.each(['SIGABRT', 'SIGSEGV', 'SIGSYS'])('finds one that ends the process by %s', async (signal) => {
    const path = koffiThat(signal, `process.kill(process.pid, '${signal}'); setInterval(() => {}, 1000)`)
    expect(await koffiFault(path)).toBe(`koffi ends the process that loads it: ${signal}`)
  })

  it('finds a koffi that does not end loading', async () => {
    expect(await koffiFault(koffiThat('endless', 'for (;;);'), 500)).toBe('koffi does not load within 500 ms')
  })

  it('leaves an ordinary error to the loading itself, which reports it', async () => {
    expect(await koffiFault(koffiThat('throws', 'throw new Error("no binary for this platform")'))).toBeNull()
  })
})
