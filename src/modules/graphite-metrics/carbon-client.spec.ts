import { describe, expect, it } from 'vitest'
import { causeOf, encodeReport, Reachability, ReportQueue } from './carbon-client.js'

describe('encodeReport', () => {
  it('is a line of path, value and whole seconds for each metric', () => {
    const metrics = [
      ['stream.raw.clients', 0],
      ['stream.eps.rate', 58.82352941],
    ] as const
    expect(encodeReport('key.web.1', metrics, 1_700_000_000_999)).toBe(
      'key.web.1.stream.raw.clients 0 1700000000\nkey.web.1.stream.eps.rate 58.824 1700000000\n',
    )
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('leaves out %s', (value) => {
    expect(
      encodeReport(
        'p',
        [
          ['a', value],
          ['b', 1],
        ],
        0,
      ),
    ).toBe('p.b 1 0\n')
  })

  it('writes large counters in full, and small values without an exponent', () => {
    expect(
      encodeReport(
        'p',
        [
          ['a', 2 ** 53 - 1],
          ['b', 1e-7],
          ['c', -0.0004],
        ],
        0,
      ),
    ).toBe('p.a 9007199254740991 0\np.b 0 0\np.c 0 0\n')
  })
})

const of = (...reports: string[]) => {
  const queue = new ReportQueue(10)
  for (const report of reports) queue.push(Buffer.from(report))
  return queue
}

function drain(queue: ReportQueue): string[] {
  const reports: string[] = []
  for (let report = queue.shift(); report !== undefined; report = queue.shift()) reports.push(report.toString())
  return reports
}

describe('ReportQueue', () => {
  it('gives reports back in order', () => {
    const queue = of('aa', 'bb', 'cc')
    expect([drain(queue), queue.dropped]).toEqual([['aa', 'bb', 'cc'], 0])
  })

  it('drops the oldest ones over its bound in bytes, and counts them', () => {
    const queue = of('aaaa', 'bbbb', 'cc', 'd')
    expect([drain(queue), queue.dropped]).toEqual([['bbbb', 'cc', 'd'], 1])
  })

  it('has room again after a report was taken', () => {
    const queue = of('aaaaa', 'bbbbb')
    queue.shift()
    queue.push(Buffer.from('ccccc'))
    expect([drain(queue), queue.dropped]).toEqual([['bbbbb', 'ccccc'], 0])
  })

  it('takes no report that is larger than its bound', () => {
    const queue = of('a'.repeat(11))
    expect([drain(queue), queue.dropped]).toEqual([[], 1])
  })

  it('puts some back as the oldest, which give way first', () => {
    const queue = of('ccc', 'ddd')
    queue.putBack([Buffer.from('aa'), Buffer.from('bb')])
    expect(queue.dropped).toBe(0)
    queue.push(Buffer.from('ee'))
    expect([drain(queue), queue.dropped]).toEqual([['bb', 'ccc', 'ddd', 'ee'], 1])
  })
})

function aReachability(chance = 0) {
  const told: string[] = []
  const listener = { onFailure: (cause: string) => void told.push(cause), onRecovery: () => void told.push('recovered') }
  return { told, reachability: new Reachability(listener, () => chance) }
}

describe('Reachability', () => {
  it('is due until something has failed', () => {
    expect(aReachability().reachability.isDue(0)).toBe(true)
  })

  it('waits longer after each failure in a row, up to a minute', () => {
    const { reachability } = aReachability()
    const waits = Array.from({ length: 8 }, () => {
      reachability.failed('refused', 0)
      for (let ms = 0; ; ms += 500) if (reachability.isDue(ms)) return ms
    })
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
  })

  it('waits less at random, so that nodes that failed together do not retry in step', () => {
    const { reachability } = aReachability(1)
    reachability.failed('refused', 0)
    expect([reachability.isDue(499), reachability.isDue(500)]).toEqual([false, true])
  })

  it('reports each failure, and a recovery once', () => {
    const { told, reachability } = aReachability()
    reachability.confirmed()
    for (const cause of ['ENOTFOUND', 'closed']) reachability.failed(cause, 0)
    reachability.confirmed()
    reachability.confirmed()
    expect(told).toEqual(['ENOTFOUND', 'closed', 'recovered'])
  })

  it('starts again after a recovery', () => {
    const { reachability } = aReachability()
    for (let i = 0; i < 5; i++) reachability.failed('closed', 0)
    reachability.confirmed()
    reachability.failed('closed', 0)
    expect([reachability.isDue(999), reachability.isDue(1000)]).toEqual([false, true])
  })
})

describe('causeOf', () => {
  it('is the code of a system error, which names no host', () => {
    expect(causeOf(Object.assign(new Error('getaddrinfo ENOTFOUND carbon.internal'), { code: 'ENOTFOUND' }))).toBe('ENOTFOUND')
  })

  it('is the name of any other', () => {
    expect(causeOf(new TypeError('secret'))).toBe('TypeError')
  })
})
