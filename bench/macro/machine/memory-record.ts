import { usageOf } from './process-tree.js'

const PERIOD_MS = 1000

/** Samples the resident memory of a process tree each second. */
export class MemoryRecord {
  private readonly points: { readonly x: number; readonly y: number }[] = []
  private readonly timer: NodeJS.Timeout

  constructor(pid: number) {
    const note = () => this.points.push({ x: performance.now() / 60_000, y: usageOf(pid).residentKb / 1024 })
    note()
    this.timer = setInterval(note, PERIOD_MS)
  }

  /** Returns the slope of the straight line through all points (least squares), MB per minute. */
  stop(): number {
    clearInterval(this.timer)
    const mean = (of: (point: { x: number; y: number }) => number) =>
      this.points.reduce((sum, each) => sum + of(each), 0) / this.points.length
    const [x, y] = [mean((point) => point.x), mean((point) => point.y)]
    return mean((point) => (point.x - x) * (point.y - y)) / mean((point) => (point.x - x) ** 2)
  }
}
