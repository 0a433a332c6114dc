import { describe, expect, it } from 'vitest'
import { variantOf } from '../core/sse-frame.js'
import { PIECE_BYTES } from './digest.js'
import { RawDigest } from './raw-digest.js'
import { ScoreLog } from './score-log.js'

const UNNAMED = variantOf(false, false)
const NAMED = variantOf(true, false)
const CHUNKED = variantOf(false, true)

function digestOf(ids: readonly string[], capacity = 64, maxIds = 64) {
  const log = new ScoreLog({ capacity, maxIds })
  for (const id of ids) log.append(Buffer.from(id))
  return { log, digest: new RawDigest(log) }
}

describe('RawDigest', () => {
  it('reads one frame for each update, all in one buffer', () => {
    const { digest } = digestOf(['before', '1F602', '2665', '1F602'])
    const piece = digest.read(1, 4)
    expect(piece).toMatchObject({ end: 4, messages: 3 })
    expect(piece?.frames.for(UNNAMED).toString()).toBe('data:1F602\n\ndata:2665\n\ndata:1F602\n\n')
    expect(piece?.frames.for(NAMED).toString()).toBe('event:raw\ndata:1F602\n\nevent:raw\ndata:2665\n\nevent:raw\ndata:1F602\n\n')
  })

  it('makes a chunk of each frame, whatever its size', () => {
    const ids = ['1F602', ' 2665', 'x'.repeat(100)]
    const { digest } = digestOf(ids)
    const piece = digest.read(0, 3)?.frames
    const chunks = (prefix: string) =>
      ids.map((id) => `${prefix}data:${id.replace(/^ /, '  ')}\n\n`).map((frame) => `${frame.length.toString(16)}\r\n${frame}\r\n`)
    expect(piece?.for(CHUNKED).toString()).toBe(chunks('').join(''))
    expect(piece?.for(variantOf(true, true)).toString()).toBe(chunks('event:raw\n').join(''))
  })

  it('keeps a space at the start of an id, which clients would drop', () => {
    const { digest } = digestOf([' a', ' '])
    expect(digest.read(0, 2)?.frames.for(UNNAMED).toString()).toBe('data:  a\n\ndata:  \n\n')
  })

  it('reads no more than the log had at a position, and nothing where that was all', () => {
    const { digest } = digestOf(['a', 'b', 'c'])
    expect(digest.read(0, 1)?.frames.for(UNNAMED).toString()).toBe('data:a\n\n')
    expect(digest.read(2, 2)).toMatchObject({ end: 2, messages: 0 })
  })

  it('reads no piece where the ring has overwritten a part of it', () => {
    const { digest } = digestOf(['a', 'b', 'c', 'd', 'e'], 4)
    expect(digest.read(0, 5)).toBeNull()
    expect(digest.read(1, 5)).toMatchObject({ end: 5, messages: 4 })
  })

  it('has an event id in each frame of a resumable stream', () => {
    const { log } = digestOf(['a', 'b'])
    const frames = new RawDigest(log, (at) => `epoch-${at}`).read(0, 2)?.frames
    expect(frames?.for(variantOf(false, false, true)).toString()).toBe('id:epoch-1\ndata:a\n\nid:epoch-2\ndata:b\n\n')
    expect(frames?.for(variantOf(true, true, true)).toString()).toBe(
      '1d\r\nid:epoch-1\nevent:raw\ndata:a\n\n\r\n1d\r\nid:epoch-2\nevent:raw\ndata:b\n\n\r\n',
    )
    expect(frames?.for(UNNAMED).toString()).toBe('data:a\n\ndata:b\n\n')
  })

  it('passes over what was healed, of which a resumable stream gets a gap in its place', () => {
    const { log } = digestOf(['a'])
    const digest = new RawDigest(log, (at) => `epoch-${at}`)
    for (const [id, amount] of [
      ['a', 3],
      ['b', 1],
    ] as const)
      log.heal(Buffer.from(id), amount)
    log.append(Buffer.from('c'))
    log.heal(Buffer.from('c'), 7)
    const piece = digest.read(0, 5)
    expect(piece).toMatchObject({ end: 5, messages: 2, positions: [1, 3, 4, 5] })
    expect(piece?.frames.for(UNNAMED).toString()).toBe('data:a\n\ndata:c\n\n')
    expect(piece?.frames.for(variantOf(false, false, true)).toString()).toBe(
      [
        'id:epoch-1\ndata:a',
        'id:epoch-3\nevent:gap\ndata:{"missed":4}',
        'id:epoch-4\ndata:c',
        'id:epoch-5\nevent:gap\ndata:{"missed":7}',
        '',
      ].join('\n\n'),
    )
    expect(digest.read(1, 3)?.frames.for(UNNAMED).length).toBe(0)
  })

  it('encodes the ids as they were when it read them, also where the ring has given their places to others', () => {
    const { log, digest } = digestOf(['a', 'b'], 2, 2)
    const piece = digest.read(0, 2)
    log.seal()
    for (const id of ['c', 'd', 'e']) log.append(Buffer.from(id))
    expect(piece?.frames.for(UNNAMED).toString()).toBe('data:a\n\ndata:b\n\n')
  })

  it('reads in pieces of 64 KiB at most, that follow one another', () => {
    const ids = Array.from({ length: 1500 }, (_, n) => `${n}-`.padEnd(100, 'x'))
    const { digest } = digestOf(ids, 2048, 2048)
    const texts: string[] = []
    let cursor = 0
    while (cursor < ids.length) {
      const piece = digest.read(cursor, ids.length)
      const bytes = piece?.frames.for(NAMED) ?? Buffer.alloc(0)
      expect(bytes.length).toBeLessThanOrEqual(PIECE_BYTES)
      expect(piece?.messages).toBe((piece?.end ?? 0) - cursor)
      texts.push(bytes.toString())
      cursor = piece?.end ?? Number.POSITIVE_INFINITY
    }
    expect(texts.length).toBeLessThan(10)
    expect(texts.join('')).toBe(ids.map((id) => `event:raw\ndata:${id}\n\n`).join(''))
  })

  it('knows the bytes of the unnamed frames after a cursor, of those that the ring still holds', () => {
    const { digest } = digestOf(['a', 'bb', 'ccc', 'd', 'e'], 4)
    expect(digest.bytesBehind(5)).toBe(0)
    expect(digest.bytesBehind(2)).toBe(digest.read(2, 5)?.frames.for(UNNAMED).length)
    expect(digest.bytesBehind(0)).toBe(digest.bytesBehind(1))
  })
})
