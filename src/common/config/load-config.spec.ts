import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadConfig } from './load-config.js'

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'

describe('loadConfig', () => {
  const before = process.cwd()
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'load-config-'))
    process.chdir(folder)
  })

  afterEach(() => {
    process.chdir(before)
    rmSync(folder, { recursive: true })
  })

  it('needs no .env', () => {
    expect(loadConfig({}).port).toBe(8001)
  })

  it('reads .env in the working folder', () => {
    writeFileSync('.env', '# local\nPORT=9001\nCORS_ORIGINS="https://a.example"\n')
    const config = loadConfig({})
    expect(config.port).toBe(9001)
    expect(config.streams.corsOrigins).toEqual(['https://a.example'])
  })

  it('lets the real environment win', () => {
    writeFileSync('.env', 'PORT=9001\nHEARTBEAT_MS=1000\n')
    const config = loadConfig({ PORT: '9002' })
    expect(config.port).toBe(9002)
    expect(config.streams.heartbeatMs).toBe(1000)
  })

  it('uses .env if a real variable is empty', () => {
    writeFileSync('.env', 'PORT=9001\n')
    expect(loadConfig({ PORT: '' }).port).toBe(9001)
  })

  it('takes an empty variable of .env for unset', () => {
    writeFileSync('.env', 'PORT=\n')
    expect(loadConfig({}).port).toBe(8001)
  })

  it('does not write into the environment that it was given', () => {
    writeFileSync('.env', 'PORT=9001\n')
    const environment = { HOST: '127.0.0.1' }
    loadConfig(environment)
    expect(environment).toEqual({ HOST: '127.0.0.1' })
  })

  it('adds .env to the environment if there are plug-ins, which may read other variables', () => {
    writeFileSync('.env', 'STREAMER_MODULES=./mine.js\nMINE=1\nHOST=::1\nEMPTY=x\n')
    const environment = { HOST: '127.0.0.1', EMPTY: '' }
    loadConfig(environment)
    expect(environment).toEqual({ STREAMER_MODULES: './mine.js', MINE: '1', HOST: '127.0.0.1', EMPTY: 'x' })
  })

  it('reads the certificate that REDIS_TLS_CA names', () => {
    writeFileSync('ca.pem', PEM)
    expect(loadConfig({ REDIS_URL: 'rediss://host', REDIS_TLS_CA: 'ca.pem' }).redis?.tlsCa).toBe(PEM)
  })

  it('names a .env that it can not read', () => {
    symlinkSync('.env', '.env')
    const message = expect.stringMatching(
      /^\.env in the working folder can't be read \(ELOOP.*\): let the server's user read it, or remove it$/,
    )
    expect(() => loadConfig({})).toThrow(expect.objectContaining({ code: 'ERR_CONFIG', message }))
  })

  it('takes a folder named .env for no file', () => {
    mkdirSync('.env')
    expect(loadConfig({}).port).toBe(8001)
  })

  it('rejects a bad value in .env', () => {
    writeFileSync('.env', 'PORT=none\n')
    expect(() => loadConfig({})).toThrow('PORT must be a whole number')
  })
})
