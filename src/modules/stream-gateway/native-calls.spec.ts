import { afterEach, describe, expect, it, vi } from 'vitest'

type Load = (platform: NodeJS.Platform) => Promise<object | string>

/** The module anew, with this in the place of koffi. */
async function loadWith(koffi: () => object): Promise<Load> {
  vi.resetModules()
  vi.doMock('koffi', koffi)
  return (await import('./native-calls.js')).loadNativeCalls
}

/** A koffi whose send(2) and errno say this. */
const koffi = (sent: number, errno: number) => () => ({ load: () => ({ func: () => () => sent }), address: () => 0n, errno: () => errno })

const EBADF = 9
const ENOSYS = 38

describe('the native calls', () => {
  afterEach(() => {
    vi.doUnmock('koffi')
    vi.resetModules()
  })

  it.each(['darwin', 'win32', 'freebsd'] as const)('are not to be had on %s, which is said without loading anything', async (platform) => {
    const loaded = vi.fn(koffi(-1, EBADF))
    const load = await loadWith(loaded)
    expect(await load(platform)).toBe(`not on ${platform}`)
    expect(loaded).not.toHaveBeenCalled()
  })

  it('are there where koffi calls send(2)', async () => {
    const load = await loadWith(koffi(-1, EBADF))
    expect(await load('linux')).toEqual({ send: expect.any(Function), limitUnsent: expect.any(Function), aio: null })
  })

  it('are not to be had where koffi does not load, which is said in one line', async () => {
    const load = await loadWith((): never => {
      throw new Error('Cannot find the native module\nRequire stack: …')
    })
    expect(await load('linux')).toMatch(/^koffi does not load: [^\n]+$/)
  })

  it.each([
    ['takes bytes on no descriptor', 1, 0],
    ['fails for another reason than that', -1, ENOSYS],
  ])('are not trusted where a first call %s', async (_what, sent, errno) => {
    const load = await loadWith(koffi(sent, errno))
    expect(await load('linux')).toBe('koffi does not call send(2) as it should')
  })
})
