import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Handover } from './handover.js'

/** A hand-over of eps and details, and what it has handed on. */
function begun(shared: readonly string[] = ['eps']) {
  const frames: string[] = []
  const broken: string[] = []
  const handover = new Handover(shared, {
    onFrame: (event, data) => frames.push(`${event}: ${data}`),
    onBreak: (namespace) => broken.push(namespace),
  })
  const [takeOld, takeNext] = [handover.takeOld.bind(handover), handover.takeNext.bind(handover)]
  return {
    handover,
    frames,
    broken,
    old: (...all: readonly string[]) => send(takeOld, all),
    next: (...all: readonly string[]) => send(takeNext, all),
  }
}

function send(take: (event: string, data: string) => void, all: readonly string[]): void {
  for (const data of all) take('eps', data)
}

const eps = (...all: readonly string[]) => all.map((data) => `eps: ${data}`)

describe('Handover', () => {
  it('hands on every frame once, in order, however two streams of the same frames interleave', () => {
    const all = Array.from({ length: 20 }, (_, index) => `{"a":${index}}`)
    fc.assert(
      fc.property(fc.nat({ max: 10 }), fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }), (start, turns) => {
        const { handover, old, next, frames, broken } = begun()
        let [ofOld, ofNext] = [0, start]
        // The new stream has nothing that the old one won't bring, nor the other way round.
        for (const isOld of turns) {
          if (isOld && !handover.isDone && ofOld < all.length) old(...all.slice(ofOld, ++ofOld))
          else if (!isOld && ofNext < all.length) next(...all.slice(ofNext, ++ofNext))
        }
        next(...all.slice(ofNext))
        if (!handover.isDone) old(...all.slice(ofOld))
        expect(handover.isDone).toBe(true)
        expect(frames).toEqual(eps(...all))
        expect(broken).toEqual([])
      }),
    )
  })

  it('leaves to the new stream what the old one has not got', () => {
    const { handover, frames } = begun(['eps'])
    handover.takeNext('stream.tweet_updates.1', 'new')
    handover.takeOld('stream.tweet_updates.2', 'no longer wanted')
    expect(frames).toEqual(['stream.tweet_updates.1: new'])
  })

  it('moves each namespace as soon as it can, and a silent one with the first', () => {
    const { handover, frames, old, next } = begun(['details/1', 'details/2', 'eps'])
    handover.takeOld('stream.tweet_updates.1', 'x')
    old('1', '2', '3')
    next('1', '2', '3')
    handover.takeNext('stream.tweet_updates.2', 'y')
    handover.takeNext('stream.tweet_updates.1', 'x')
    expect(handover.isDone).toBe(false)
    old('4')
    handover.takeOld('stream.tweet_updates.2', 'y')
    next('4')
    handover.finish()
    expect(handover.isDone).toBe(true)
    expect(frames).toEqual(['stream.tweet_updates.1: x', ...eps('1', '2', '3'), 'stream.tweet_updates.2: y', ...eps('4')])
  })

  it('moves a silent namespace when the time is over', () => {
    const { handover, broken, next, frames } = begun()
    next('1')
    handover.finish()
    expect(frames).toEqual(eps('1'))
    expect(broken).toEqual([])
  })

  it('is content with one equal frame when the time is over', () => {
    const { handover, broken, old, next, frames } = begun()
    old('1', '2')
    next('2', '3')
    handover.finish()
    expect(frames).toEqual(eps('1', '2', '3'))
    expect(broken).toEqual([])
  })

  it.each([
    ['they have nothing in common, as from two nodes', ['12', '3', '45'], ['1', '23', '4', '5']],
    ['the old one is slow, and gets sums', ['1', '2+3', '4'], ['2', '3', '4']],
    ['frames are all alike', ['1', '1', '1', '1'], ['1', '1', '1']],
  ])('says that something may be missing where %s', (_, ofOld, ofNext) => {
    const { handover, broken, old, next, frames } = begun()
    old(...ofOld)
    next(...ofNext)
    expect(broken).toEqual([])
    handover.finish()
    expect(broken).toEqual(['eps'])
    next('later')
    expect(frames).toEqual(eps(...ofOld, 'later'))
  })

  it('says so where the new stream does not bring what it should', () => {
    const { broken, old, next, frames } = begun()
    old('1', '2', '3', '4', '5')
    next('1', '2', '3', '4')
    expect(broken).toEqual([])
    next('5+6')
    expect(frames).toEqual(eps('1', '2', '3', '4', '5', '5+6'))
    expect(broken).toEqual(['eps'])
  })

  it('keeps no more than 256 frames of a stream', () => {
    const { handover, broken, next, old } = begun()
    old('0')
    next(...Array.from({ length: 257 }, (_, index) => `x${index}`))
    expect(handover.isDone).toBe(true)
    expect(broken).toEqual(['eps'])
  })
})
