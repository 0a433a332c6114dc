import { beforeEach, describe, expect, it } from 'vitest'
import { FrameBatch } from './frame-batch.js'

describe('FrameBatch', () => {
  let drawn: (readonly [sums: Readonly<Record<string, number>>, nowMs: number])[]
  let frames: ((nowMs: number) => void)[]
  let batch: FrameBatch

  beforeEach(() => {
    drawn = []
    frames = []
    batch = new FrameBatch(
      (sums, nowMs) => drawn.push([Object.fromEntries(sums), nowMs]),
      (onFrame) => frames.push(onFrame),
    )
  })

  const nextFrame = (nowMs: number) => {
    for (const onFrame of frames.splice(0)) onFrame(nowMs)
  }

  it('asks for no frame while nothing comes', () => {
    nextFrame(0)
    expect(frames).toEqual([])
    expect(drawn).toEqual([])
  })

  it('draws once a frame, each id once with its sum', () => {
    batch.add('a', 1)
    batch.add('b', 2)
    batch.add('a', 3)
    expect(frames).toHaveLength(1)
    expect(drawn).toEqual([])
    nextFrame(16)
    expect(drawn).toEqual([[{ a: 4, b: 2 }, 16]])
  })

  it('draws nothing again that has not changed', () => {
    batch.add('a', 1)
    nextFrame(16)
    batch.add('b', 1)
    nextFrame(33)
    nextFrame(50)
    expect(drawn).toEqual([
      [{ a: 1 }, 16],
      [{ b: 1 }, 33],
    ])
  })

  it('keeps what comes while it draws for the next frame', () => {
    let isFirst = true
    const again = new FrameBatch(
      (sums) => {
        drawn.push([Object.fromEntries(sums), 0])
        if (isFirst) again.add('late', 1)
        isFirst = false
      },
      (onFrame) => frames.push(onFrame),
    )
    again.add('a', 1)
    nextFrame(0)
    nextFrame(0)
    expect(drawn).toEqual([
      [{ a: 1 }, 0],
      [{ late: 1 }, 0],
    ])
  })
})
