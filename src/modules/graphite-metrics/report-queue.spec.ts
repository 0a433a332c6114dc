import { describe, expect, it } from 'vitest'
import { ReportQueue } from './report-queue.js'

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

  it('has room again for what was taken', () => {
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
