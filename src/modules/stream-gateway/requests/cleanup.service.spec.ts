import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { aHub } from '../../../../test/support/fakes/a-hub.js'
import { Relay } from '../../../common/relay/relay.js'
import { CleanupService, type Owner } from './cleanup.service.js'

// The fake timers know those of `node:timers/promises` only through the global ones.
vi.mock('node:timers/promises', () => ({
  setTimeout: (ms: number) => new Promise((resolve) => setTimeout(resolve, ms)),
  setImmediate: () => new Promise((resolve) => setImmediate(resolve)),
}))

const ME = '192.0.2.1'
const OTHER = '192.0.2.2'

describe('CleanupService', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  function cleaning() {
    const world = aHub()
    const service = new CleanupService(world.hub, new Relay())
    service.onModuleInit()
    let asked = 0
    return {
      ...world,
      service,
      /** Each cleanup comes from another address, and has its turn at once. */
      cleanUp: async (namespace: string, owner: Owner) => {
        const done = service.cleanUp(namespace, owner, `198.51.100.${++asked}`)
        await vi.advanceTimersByTimeAsync(0)
        return done
      },
    }
  }

  describe('closes', () => {
    it('the streams of one client that hold the namespace alone, and says how many', async () => {
      const { cleanUp, open, closed } = cleaning()
      const mine = [open(['eps'], { clientIp: ME }), open(['eps'], { clientIp: ME, isChunked: true })]
      const kept = [
        open(['eps'], { clientIp: OTHER }),
        open(['raw'], { clientIp: ME }),
        open(['eps'], { clientIp: ME, isNamed: true }),
        open(['eps', 'raw'], { clientIp: ME }),
      ]
      expect(await cleanUp('eps', { clientIp: ME })).toBe(2)
      expect(mine.map(({ outlet }) => outlet.ending)).toEqual(['ended', 'ended'])
      expect(kept.map(({ outlet }) => outlet.ending)).toEqual(['open', 'open', 'open', 'open'])
      expect(closed.map(({ reason }) => reason)).toEqual(['cleanup', 'cleanup'])
      expect(await cleanUp('eps', { clientIp: ME })).toBe(0)
    })

    it('the streams of single ids with those of eps, and no multiplexed one', async () => {
      const { cleanUp, open } = cleaning()
      const mine = [open(['eps'], { clientIp: ME }), open(['eps/26'], { clientIp: ME }), open(['eps/2665'], { clientIp: ME })]
      const kept = [
        open(['eps/26'], { clientIp: OTHER }),
        open(['eps/26', 'eps/2665'], { clientIp: ME }),
        open(['details/26'], { clientIp: ME }),
      ]
      expect(await cleanUp('eps', { clientIp: ME })).toBe(3)
      expect(mine.map(({ outlet }) => outlet.ending)).toEqual(['ended', 'ended', 'ended'])
      expect(kept.map(({ outlet }) => outlet.ending)).toEqual(['open', 'open', 'open'])
    })

    it('details of one id, and neither those of another nor those of all', async () => {
      const { cleanUp, hub, open } = cleaning()
      for (const namespace of ['details', 'details/26', 'details/2665']) open([namespace], { clientIp: ME })
      expect(await cleanUp('details/26', { clientIp: ME })).toBe(1)
      expect(hub.total).toBe(2)
    })

    it('no stream whose address is that of a router, which others have as well', async () => {
      const { cleanUp, hub, open } = cleaning()
      open(['eps'], { clientIp: ME, hasSharedIp: true })
      expect(await cleanUp('eps', { clientIp: ME })).toBe(0)
      expect(hub.total).toBe(1)
    })

    it('no stream of an unknown address for another unknown one', async () => {
      const { cleanUp, hub, open } = cleaning()
      open(['eps'], { clientIp: '' })
      expect(await cleanUp('eps', { clientIp: '' })).toBe(0)
      expect(await cleanUp('eps', {})).toBe(0)
      expect(hub.total).toBe(1)
    })

    it('exactly the stream with a token, whatever the address, and only if it holds the namespace alone', async () => {
      const { cleanUp, open } = cleaning()
      const streams = [
        open(['eps'], { clientIp: ME, token: 'token-0' }),
        open(['eps'], { clientIp: ME, token: 'token-1', hasSharedIp: true }),
        open(['raw'], { token: 'token-2' }),
        open(['eps'], { isNamed: true, token: 'token-3' }),
      ]
      for (const token of ['token-2', 'token-3', 'token-9', '']) expect(await cleanUp('eps', { token, clientIp: ME })).toBe(0)
      expect(await cleanUp('eps', { token: 'token-1' })).toBe(1)
      expect(streams.map(({ outlet }) => outlet.ending)).toEqual(['open', 'ended', 'open', 'open'])
      expect(await cleanUp('eps', { token: 'token-1' })).toBe(0)
    })

    it('no stream that has closed by itself', async () => {
      const { cleanUp, open, closed } = cleaning()
      const streams = [open(['eps'], { clientIp: ME, token: 'token-0' }), open(['eps'], { clientIp: ME })]
      for (const { subscriber } of streams) subscriber.close('client')
      expect(await cleanUp('eps', { clientIp: ME })).toBe(0)
      expect(await cleanUp('eps', { token: 'token-0' })).toBe(0)
      expect(closed.map(({ reason }) => reason)).toEqual(['client', 'client'])
    })

    it('many streams in slices, each in a turn of its own', async () => {
      const { service, open, closed } = cleaning()
      for (let n = 0; n < 500; n++) open(['eps'], { clientIp: ME })
      const done = service.cleanUp('eps', { clientIp: ME }, ME)
      expect(closed).toHaveLength(200)
      setImmediate(() => open(['eps'], { clientIp: ME }))
      await vi.advanceTimersByTimeAsync(10)
      expect(closed).toHaveLength(500)
      expect(await done).toBe(500)
    })
  })

  describe('looks at', () => {
    it('the streams of the owner alone, however many others are open', async () => {
      const { service, hub, open } = cleaning()
      for (let n = 0; n < 300; n++) open(['eps'], { clientIp: `203.0.113.${n % 200}`, token: `token-${n}` })
      open(['eps'], { clientIp: ME })
      const walk = vi.spyOn(hub, Symbol.iterator)
      expect(await service.cleanUp('eps', { clientIp: ME }, ME)).toBe(1)
      expect(await service.cleanUp('eps', { token: 'token-7' }, OTHER)).toBe(1)
      expect(walk).not.toHaveBeenCalled()
    })
  })

  describe('from many addresses', () => {
    it('cost the same each, however many addresses there are', async () => {
      const { service } = cleaning()
      const iterate = Map.prototype[Symbol.iterator]
      let steps = 0
      vi.spyOn(Map.prototype, Symbol.iterator).mockImplementation(function* (
        this: Map<unknown, unknown>,
      ): Generator<[unknown, unknown], undefined> {
        for (const entry of iterate.call(this)) {
          steps++
          yield entry
        }
        return undefined
      })
      for (let n = 0; n < 3000; n++) {
        if (n % 1000 === 0) vi.advanceTimersByTime(2000)
        void service.cleanUp('eps', { clientIp: ME }, `address ${n}`)
      }
      vi.restoreAllMocks()
      expect(steps).toBeLessThan(3 * 3000)
      await vi.advanceTimersByTimeAsync(0)
    })
  })

  describe('several from one address', () => {
    /** Asks so often, and notes when each was done, in ms. */
    function asking(times: number) {
      const { service } = cleaning()
      const startMs = performance.now()
      const done: (number | null)[] = []
      const ask = async (address = ME) => {
        const closed = await service.cleanUp('eps', { clientIp: ME }, address)
        done.push(closed === null ? null : performance.now() - startMs)
      }
      for (let n = 0; n < times; n++) void ask()
      return { done, ask }
    }

    it('run one in a second; later ones wait for their turn, for 3 s at most, and more are refused at once', async () => {
      const { done } = asking(6)
      await vi.advanceTimersByTimeAsync(0)
      expect(done.toSorted()).toEqual([0, null, null])
      await vi.advanceTimersByTimeAsync(10_000)
      expect(done.filter((ms) => ms !== null)).toEqual([0, 1000, 2000, 3000])
    })

    it('that are refused take no turn from later ones', async () => {
      const { done, ask } = asking(20)
      await vi.advanceTimersByTimeAsync(1000)
      void ask()
      await vi.advanceTimersByTimeAsync(10_000)
      expect(done.filter((ms) => ms !== null)).toEqual([0, 1000, 2000, 3000, 4000])
    })

    it('do not hold up another address', async () => {
      const { done, ask } = asking(3)
      void ask(OTHER)
      await vi.advanceTimersByTimeAsync(0)
      expect(done).toEqual([0, 0])
    })

    it('run at once again after a second', async () => {
      const { done, ask } = asking(1)
      await vi.advanceTimersByTimeAsync(1000)
      void ask()
      await vi.advanceTimersByTimeAsync(0)
      expect(done).toEqual([0, 1000])
    })
  })
})
