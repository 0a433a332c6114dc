import fc from 'fast-check'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LogLosses } from '../stats/counters.js'
import { LogDestination, type LogPort } from './log-destination.js'

const MIB = 1_048_576
const HALF_A_KB = `${'x'.repeat(511)}\n`
const failure = (code: string) => Object.assign(new Error(code), { code })

/** Characters of one to four bytes, and half of a pair. */
const TEXT = fc.string({ unit: fc.constantFrom('a', 'é', '€', '😂', '\ud83d'), maxLength: 20 })

/** A descriptor that takes as many bytes as it has room for, and then fails. */
class FakePort implements LogPort {
  room = Number.POSITIVE_INFINITY
  code = 'EAGAIN'
  written = ''
  writes = 0
  writeAside: LogPort['writeAside'] = null
  /** The write that a thread has in hand. */
  finish: () => void = () => undefined

  writeNow(bytes: Buffer): number {
    this.writes++
    if (this.room === 0) throw failure(this.code)
    const taken = bytes.subarray(0, this.room)
    this.room -= taken.length
    this.written += taken.toString('latin1')
    return taken.length
  }

  /** Writes on a thread from now on, and ends each write when `finish` is called. */
  hold(): void {
    this.writeAside = (bytes, done) => {
      this.finish = () => {
        try {
          done(null, this.writeNow(bytes))
        } catch (error) {
          done(error as NodeJS.ErrnoException, 0)
        }
      }
    }
  }
}

let port: FakePort
let losses: LogLosses
let destination: LogDestination

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  port = new FakePort()
  losses = new LogLosses()
  destination = new LogDestination(port, losses)
  destination.onGap = (lines) => destination.write(`gap ${lines}\n`)
})
afterEach(() => void vi.useRealTimers())

const retry = () => vi.runOnlyPendingTimers()
/** The bytes that the port has taken, with a mark in place of each line of half a KB. */
const written = () => port.written.replaceAll(HALF_A_KB, '#')
const fill = (lines: number) => {
  for (let n = 0; n < lines; n++) destination.write(HALF_A_KB)
}

describe('LogDestination', () => {
  it('writes each line at once, and arms no timer, while the output takes all', () => {
    for (const line of ['a\n', 'b\n']) destination.write(line)
    expect([port.written, port.writes, vi.getTimerCount()]).toEqual(['a\nb\n', 2, 0])
  })

  it.each(['EAGAIN', 'EPIPE', 'ENOSPC', 'EDQUOT', 'EIO', 'EBADF'])(
    'survives %s, counts it, and writes the lines later in order',
    (code) => {
      port.code = code
      port.room = 3
      for (const line of ['one\n', 'two\n', 'three\n']) destination.write(line)
      expect([port.written, vi.getTimerCount()]).toEqual(['one', 1])
      retry()
      port.room = Number.POSITIVE_INFINITY
      retry()
      expect([port.written, vi.getTimerCount()]).toEqual(['one\ntwo\nthree\n', 0])
      expect([losses.writeErrors.nonZero, losses.droppedLines]).toEqual([[[code === 'EBADF' ? 'other' : code, 2]], 0])
    },
  )

  it('keeps 1 MiB of lines, then drops until half of it is free, and reports the gap in its place', () => {
    port.room = 0
    fill(2048)
    expect(losses.droppedLines).toBe(0)
    fill(5)
    port.room = 512 * 1023
    retry()
    fill(2)
    expect(losses.droppedLines).toBe(7)
    port.room = 512
    retry()
    destination.write('after\n')
    port.room = Number.POSITIVE_INFINITY
    retry()
    expect(written()).toBe(`${'#'.repeat(2048)}gap 7\nafter\n`)
    expect(losses.droppedLines).toBe(7)
  })

  it('reports a gap without waiting for another line', () => {
    port.room = 0
    fill(2050)
    port.room = Number.POSITIVE_INFINITY
    retry()
    expect(written()).toBe(`${'#'.repeat(2048)}gap 2\n`)
  })

  it('drops a line of more than 1 MiB alone', () => {
    destination.write(`${'x'.repeat(MIB)}\n`)
    destination.write('next\n')
    expect([port.written, losses.droppedLines]).toEqual(['gap 1\nnext\n', 1])
  })

  it('has room for the fatal lines of pino beyond the bound, and a bound for these as well', () => {
    const logger = pino({ base: null, timestamp: false }, destination)
    port.room = 0
    fill(3000)
    const dropped = losses.droppedLines
    logger.error('dropped')
    for (let n = 0; n < 1000; n++) logger.fatal('x'.repeat(100))
    logger.info('dropped')
    expect(losses.droppedLines).toBeGreaterThan(dropped + 2)
    destination.flush()
    port.room = Number.POSITIVE_INFINITY
    destination.flush()
    expect(port.written).not.toContain('dropped')
    expect(port.written.length).toBeLessThan(MIB + 66_000)
    expect(port.written.match(/"level":60/g)?.length).toBeGreaterThan(400)
  })

  it('writes whole lines of at most 4096 bytes together, so that a pipe never mixes lines of several processes', () => {
    const writeNow = vi.spyOn(port, 'writeNow')
    port.room = 0
    fill(20)
    destination.write(`${'y'.repeat(5000)}\n`)
    fill(2)
    port.room = Number.POSITIVE_INFINITY
    writeNow.mockClear()
    retry()
    const sizes = writeNow.mock.calls.map(([bytes]) => bytes.length)
    // The first line was taken out of the queue by the attempt that failed.
    expect(sizes).toEqual([512, 4096, 4096, 1536, 5001, 1024])
  })

  it('loses no byte and changes no order, however little the output takes at a time', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(TEXT, fc.nat(30)), { maxLength: 20 }), (steps) => {
        port = new FakePort()
        destination = new LogDestination(port, losses)
        for (const [text, room] of steps) {
          port.room = room
          destination.write(`${text}\n`)
          if (room % 3 === 0) retry()
        }
        port.room = Number.POSITIVE_INFINITY
        retry()
        expect(port.written).toBe(Buffer.from(steps.map(([text]) => `${text}\n`).join('')).toString('latin1'))
      }),
    )
  })

  describe('on a thread', () => {
    beforeEach(() => port.hold())

    it('has one write in hand at a time, and hands over the lines that came meanwhile together', () => {
      for (const line of ['a\n', 'b\n', 'c\n']) destination.write(line)
      expect(port.written).toBe('')
      port.finish()
      port.finish()
      expect([port.written, port.writes]).toEqual(['a\nb\nc\n', 2])
    })

    it('survives a full disk, and goes on from the byte where it stopped', () => {
      port.code = 'ENOSPC'
      port.room = 2
      destination.write('one\n')
      port.finish()
      destination.write('two\n')
      port.finish()
      port.room = Number.POSITIVE_INFINITY
      retry()
      port.finish()
      port.finish()
      expect([port.written, losses.writeErrors.nonZero]).toEqual(['one\ntwo\n', [['ENOSPC', 1]]])
    })

    it('leaves the write in hand to the thread when the process exits, and writes the others itself', () => {
      for (const line of ['in hand\n', 'waits\n']) destination.write(line)
      destination.flush()
      destination.write('late\n')
      expect(port.written).toBe('waits\nlate\n')
    })
  })

  describe('flush', () => {
    it('waits for a reader that is slow, and reports what was dropped', () => {
      port.room = 0
      fill(2050)
      port.writeNow = (bytes) => {
        try {
          return FakePort.prototype.writeNow.call(port, bytes)
        } finally {
          if (port.room === 0) port.room = 600_000
        }
      }
      destination.flush()
      expect(written()).toBe(`${'#'.repeat(2048)}gap 2\n`)
    })

    it.each([
      ['half a second if the reader takes nothing', 0, 2],
      ['two seconds if it takes little', 1, 8],
    ])('gives up after %s', (_what, bytesAtATime, attempts) => {
      port.room = 0
      fill(2)
      port.writes = 0
      let nowMs = 0
      vi.spyOn(performance, 'now').mockImplementation(() => {
        nowMs += 250
        return nowMs
      })
      let failed = 0
      port.writeNow = (bytes) => {
        try {
          return FakePort.prototype.writeNow.call(port, bytes)
        } catch (error) {
          failed++
          port.room = bytesAtATime
          throw error
        }
      }
      destination.flush()
      expect([port.written.length, failed]).toEqual([bytesAtATime * (attempts - 1), attempts])
    })

    it('gives up at once where the reader has gone or the disk is full', () => {
      port.room = 0
      port.code = 'EPIPE'
      fill(2)
      destination.flush()
      expect(port.writes).toBe(2)
    })
  })
})
