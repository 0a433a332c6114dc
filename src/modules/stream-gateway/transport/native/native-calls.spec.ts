import { afterEach, describe, expect, it, vi } from 'vitest'

type Load = (platform: NodeJS.Platform, arch?: string) => Promise<{ aio: unknown } | string>

/** The module anew, with this in the place of koffi. */
async function loadWith(koffi: () => object, fault: string | null = null): Promise<Load> {
  vi.resetModules()
  vi.doMock('koffi', koffi)
  vi.doMock('./koffi.js', () => ({ hasGlibc: () => fault === null, koffiFault: async () => fault }))
  return (await import('./native-calls.js')).loadNativeCalls
}

/** A koffi whose calls return this, by name; those of system calls by number too. */
const koffi =
  (returns: Record<string, number>, errno = EBADF) =>
  () => ({
    load: () => ({
      func: (definition: string) => {
        const name = /(\w+)\(/.exec(definition)?.[1] ?? ''
        return () => returns[name] ?? 0
      },
    }),
    address: () => 0n,
    errno: () => errno,
  })

/** The real koffi, with these functions in the place of some of the C library's: each gets the one that it replaces. */
async function loadWithReal(
  replace: Record<string, (real: (...args: unknown[]) => number) => (...args: unknown[]) => number>,
): Promise<Load> {
  return loadWith(() => {
    const real = process.getBuiltinModule('node:module').createRequire(import.meta.url)('koffi')
    return {
      address: real.address,
      errno: real.errno,
      load: (library: null) => {
        const libc = real.load(library)
        return {
          func: (definition: string) => {
            const name = /(\w+)\(/.exec(definition)?.[1] ?? ''
            const func = libc.func(definition)
            return replace[name]?.(func) ?? func
          },
        }
      },
    }
  })
}

const EBADF = 9
const ENOSYS = 38
const [SETUP, GETEVENTS, SUBMIT] = process.arch === 'x64' ? [206, 208, 209] : [0, 4, 2]

describe('the native calls', () => {
  afterEach(() => {
    vi.doUnmock('koffi')
    vi.doUnmock('./koffi.js')
    vi.resetModules()
  })

  it.each(['darwin', 'win32', 'freebsd'] as const)('are not to be had on %s, which is said without loading anything', async (platform) => {
    const loaded = vi.fn(koffi({}))
    const load = await loadWith(loaded)
    expect(await load(platform)).toBe(`not on ${platform}`)
    expect(loaded).not.toHaveBeenCalled()
  })

  it.each(['ia32', 'arm', 'riscv64', 's390x'])('are not to be had on %s, where constants and layouts are others', async (arch) => {
    const loaded = vi.fn(koffi({}))
    const load = await loadWith(loaded)
    expect(await load('linux', arch)).toBe(`not on ${arch}`)
    expect(loaded).not.toHaveBeenCalled()
  })

  it('are there where koffi calls send(2) and io_submit(2)', async () => {
    const load = await loadWithReal({})
    expect(await load('linux')).toEqual({
      send: expect.any(Function),
      setOptions: expect.any(Function),
      hasOptions: expect.any(Function),
      setAckTimeout: expect.any(Function),
      isSilent: expect.any(Function),
      aio: expect.any(Object),
    })
  })

  it('are not to be had where koffi does not load, which is said in one line', async () => {
    const load = await loadWith((): never => {
      throw new Error('Cannot find the native module\nRequire stack: …')
    })
    expect(await load('linux')).toMatch(/^koffi does not load: [^\n]+$/)
  })

  it('are not loaded where the C library is not glibc and a trial of koffi finds a fault', async () => {
    const loaded = vi.fn(koffi({}))
    const load = await loadWith(loaded, 'koffi ends the process that loads it: SIGABRT')
    expect(await load('linux')).toBe('koffi ends the process that loads it: SIGABRT')
    expect(loaded).not.toHaveBeenCalled()
  })

  it.each([
    ['takes bytes on no descriptor', 1, 0],
    ['fails for another reason than that', -1, ENOSYS],
  ])('are not trusted where a first call %s', async (_what, sent, errno) => {
    const load = await loadWith(koffi({ send: sent }, errno))
    expect(await load('linux')).toBe('koffi does not call send(2) as it should')
  })

  it('are not trusted where nothing can be tried', async () => {
    const load = await loadWith(koffi({ send: -1, socketpair: -1 }))
    expect(await load('linux')).toBe('socketpair(2) gives no sockets to try send(2) with')
  })

  it('are not trusted where the kernel takes other bytes than those of a trial', async () => {
    const wrong = await loadWithReal({ send: (send) => (fd, address, length, flags) => send(fd, Number(address) + 1, length, flags) })
    expect(await wrong('linux')).toBe('send(2) changed the bytes of a trial')
    const short = await loadWithReal({ send: (send) => (fd, address, _length, flags) => send(fd, address, 5, flags) })
    expect(await short('linux')).toBe('send(2) took 5 of 23 bytes of a trial')
  })

  it.each([
    ['makes fewer writes', SUBMIT, (real: () => number) => real() - 1, 'io_submit(2) made 1 of 2 writes of a trial'],
    ['reports fewer results', GETEVENTS, (real: () => number) => real() - 1, 'io_submit(2) gave no result for a write of a trial'],
    ['is not allowed to set them up', SETUP, () => -1, expect.stringMatching(/^io_setup\(2\): E/)],
  ])('make no batches where the kernel %s', async (_what, number, change, reason) => {
    const load = await loadWithReal({
      syscall:
        (real) =>
        (...args) =>
          args[0] === number ? change(() => real(...args)) : real(...args),
    })
    expect(await load('linux')).toMatchObject({ aio: reason, send: expect.any(Function) })
  })

  it('never wait for a result that does not come', async () => {
    const load = await loadWithReal({
      syscall:
        (real) =>
        (...args) =>
          args[0] === SUBMIT ? 2 : real(...args),
    })
    expect(await load('linux')).toMatchObject({ aio: 'io_submit(2) gave no result for a write of a trial' })
  })
})
