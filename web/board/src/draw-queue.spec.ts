import { beforeEach, describe, expect, it } from 'vitest'
import { DrawQueue, type When } from './draw-queue.js'

describe('DrawQueue', () => {
  let drawn: string[]
  let frames: ((nowMs: number) => void)[]
  let later: Set<string>
  let queue: DrawQueue<string>

  beforeEach(() => {
    drawn = []
    frames = []
    later = new Set()
    queue = new DrawQueue({
      draw: (id, nowMs) => drawn.push(`${id} at ${nowMs}`),
      when,
      schedule: (onFrame) => frames.push(onFrame),
    })
  })

  const when = (id: string): When => (id.startsWith('far') ? 'unseen' : later.has(id) ? 'later' : 'now')
  const add = (...ids: readonly string[]) => {
    for (const id of ids) queue.add(id)
  }
  const ids = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name}${index}`)
  const nextFrame = (nowMs: number) => {
    drawn = []
    for (const onFrame of frames.splice(0)) onFrame(nowMs)
    return drawn
  }

  it('asks for no frame while nothing comes', () => {
    expect(frames).toEqual([])
    add('a')
    nextFrame(16)
    expect(frames).toEqual([])
  })

  it('draws each id once a frame, however often it has come', () => {
    add('a', 'far', 'a', 'a')
    expect(frames).toHaveLength(1)
    expect(nextFrame(16)).toEqual(['a at 16', 'far at 16'])
    add('a')
    expect(nextFrame(33)).toEqual(['a at 33'])
  })

  it('draws a bounded number in each frame, those that have waited longest first, until all are drawn', () => {
    const all = ids('near', 150)
    add(...all)
    expect(nextFrame(0)).toEqual(all.slice(0, 64).map((id) => `${id} at 0`))
    add('near0', 'near149')
    expect(nextFrame(1)).toEqual(all.slice(64, 128).map((id) => `${id} at 1`))
    expect(nextFrame(2)).toEqual([...all.slice(128), 'near0'].map((id) => `${id} at 2`))
    expect(frames).toEqual([])
  })

  it('lets those out of sight take nothing from the others, and draws some of them all the same', () => {
    add(...ids('far', 100), ...ids('near', 64))
    const first = nextFrame(0)
    expect(first.filter((id) => id.startsWith('near'))).toHaveLength(64)
    expect(first.filter((id) => id.startsWith('far'))).toEqual(ids('far', 16).map((id) => `${id} at 0`))
    for (let frame = 1; frames.length > 0; frame++) expect(nextFrame(frame).length).toBeLessThanOrEqual(16)
    expect(drawn.at(-1)).toMatch(/^far99 /)
  })

  it('leaves what may not change yet to a later frame, and draws the others', () => {
    later = new Set(['b'])
    add('a', 'b', 'c')
    expect(nextFrame(0)).toEqual(['a at 0', 'c at 0'])
    expect(nextFrame(1)).toEqual([])
    later.clear()
    expect(nextFrame(2)).toEqual(['b at 2'])
    expect(frames).toEqual([])
  })

  it('keeps what comes while it draws for the next frame', () => {
    const again: DrawQueue<string> = new DrawQueue({
      draw: (id) => void (drawn.push(id) === 1 && again.add(id)),
      when,
      schedule: (onFrame) => frames.push(onFrame),
    })
    again.add('a')
    expect(nextFrame(0)).toEqual(['a'])
    expect(frames).toHaveLength(1)
  })
})
