import { afterEach, describe, expect, it, vi } from 'vitest'
import { createProgram } from './program.js'

afterEach(() => vi.restoreAllMocks())

async function run(...args: string[]) {
  const actions = { serve: vi.fn(), feed: vi.fn(), tail: vi.fn() }
  await createProgram('1.2.3', actions).parseAsync(args, { from: 'user' })
  return actions
}

describe('the command line', () => {
  it('runs the server by serve', async () => {
    const { serve, feed, tail } = await run('serve')
    expect([serve, feed, tail].map(({ mock }) => mock.calls.length)).toEqual([1, 0, 0])
  })

  it('gives feed its defaults', async () => {
    expect((await run('feed')).feed).toHaveBeenCalledWith({ rate: 400, seedData: true })
  })

  it('passes feed its options as numbers', async () => {
    const { feed } = await run(
      ...'feed --redis redis://x --rate 0.5 --burst --seed 0 --count 10 --duration 1.5 --no-seed-data --yes'.split(' '),
    )
    const expected = { redis: 'redis://x', rate: 0.5, burst: true, seed: 0, count: 10, duration: 1.5, seedData: false, yes: true }
    expect(feed).toHaveBeenCalledWith(expected)
  })

  it('passes tail its defaults and its options', async () => {
    expect((await run('tail')).tail).toHaveBeenCalledWith({ server: 'http://localhost:8001', stream: 'eps', top: 20 })
    const { tail } = await run('tail', '--server', 'https://x.example/y', '--stream', 'details/2665', '--top', '5')
    expect(tail).toHaveBeenCalledWith({ server: 'https://x.example/y', stream: 'details/2665', top: 5 })
    for (const [stream, option] of [
      ['eps', 'snapshot'],
      ['eps/2665', 'totals'],
    ]) {
      const options = { server: 'http://localhost:8001', stream, top: 20, [`${option}`]: true }
      expect((await run('tail', '--stream', `${stream}`, `--${option}`)).tail).toHaveBeenCalledWith(options)
    }
  })

  it.each([
    ['feed --rate 0', 'from 0.1 to 100000'],
    ['feed --rate 1e3', 'from 0.1 to 100000'],
    ['feed --rate -1', 'from 0.1 to 100000'],
    ['feed --seed 4294967296', 'from 0 to 4294967295'],
    ['feed --count 0', 'a whole number from 1'],
    ['tail --top 0', 'a whole number from 1 to 1000'],
    ['tail --server ftp://x', 'http://localhost:8001'],
    ['tail --stream ../admin', 'eps, raw or details/2665'],
    ['tail --stream raw --snapshot', "option '--snapshot' is for the streams eps and eps/<id>, not for 'raw'"],
    ['tail --stream details/eps --totals', "option '--totals' is for"],
    ['tail --strem eps', 'Did you mean --stream?'],
  ])('refuses %s', async (line, hint) => {
    let said = ''
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      said += String(text)
      return true
    })
    const exit = vi.spyOn(process, 'exit').mockImplementation((code) => {
      throw new Error(`exit ${code}`)
    })
    await expect(run(...line.split(' '))).rejects.toThrow('exit 1')
    expect(exit).toHaveBeenCalledWith(1)
    expect(said).toContain(hint)
    expect(said).toContain('--help)')
  })
})
