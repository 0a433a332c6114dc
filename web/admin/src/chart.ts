import uPlot from 'uplot'
import type { Figure } from './reading.js'
import type { TimeWindow } from './time-window.js'

export interface Line {
  readonly figure: Figure
  readonly label: string
  /** The name of the CSS variable that holds its colour. */
  readonly color: string
}

export interface ChartOptions {
  readonly lines: readonly Line[]
  readonly format: (value: number) => string
  /** Called with the index of the sample under the pointer; null when the pointer leaves. */
  readonly onPoint: (index: number | null) => void
}

const HEIGHT = 128
const MINUTE_S = 60
/** The least upper end of the vertical axis: small counts and rates do not fill the chart. */
const LEAST_TOP = 4
const HEADROOM = 1.12
const WHOLE_STEPS = [1, 2, 5].flatMap((digit) => Array.from({ length: 12 }, (_, power) => digit * 10 ** power)).sort((a, b) => a - b)

/** Lines over the time window, drawn by uPlot in the colours of the theme. The pointer is shared by all charts. */
export class Chart {
  private readonly plot: uPlot

  constructor(
    private readonly host: HTMLElement,
    private readonly window: TimeWindow<Figure>,
    private readonly options: ChartOptions,
  ) {
    this.plot = new uPlot(this.plotOptions(), this.data(), host)
    new ResizeObserver(() => this.plot.setSize({ width: host.clientWidth, height: HEIGHT })).observe(host)
  }

  /** Draws the window as it is now. */
  update(): void {
    this.plot.setData(this.data())
  }

  /** Draws the chart again after a change of the colours. */
  redraw(): void {
    this.plot.redraw(false, true)
  }

  private data(): uPlot.AlignedData {
    return [this.window.times, ...this.options.lines.map(({ figure }) => [...this.window.column(figure)])]
  }

  private plotOptions(): uPlot.Options {
    const { lines, format, onPoint } = this.options
    const font = `11px ${getComputedStyle(this.host).fontFamily}`
    const axis = { stroke: () => color('--muted'), font, ticks: { show: false }, grid: { stroke: () => color('--grid'), width: 1 } }
    return {
      width: this.host.clientWidth,
      height: HEIGHT,
      padding: [8, 6, 0, 0],
      legend: { show: false },
      select: { show: false, left: 0, top: 0, width: 0, height: 0 },
      cursor: { y: false, drag: { x: false, y: false, setScale: false }, points: { size: 7 }, sync: { key: 'live' } },
      scales: {
        x: { time: false, range: (_plot, _min, max) => [max - this.window.lengthS, max] },
        y: { range: (_plot, _min, max) => [0, Math.max(LEAST_TOP, (max ?? 0) * HEADROOM)] },
      },
      axes: [
        { ...axis, size: 22, gap: 4, splits: (_plot, _axis, _min, max) => minutesBefore(max), values: (_plot, at) => at.map(minuteLabel) },
        { ...axis, size: 48, gap: 6, space: 34, incrs: WHOLE_STEPS, values: (_plot, at) => at.map(format) },
      ],
      series: [{}, ...lines.map((line) => series(line, lines.length === 1))],
      hooks: { setCursor: [({ cursor }) => onPoint(cursor.idx ?? null)] },
    }
  }
}

function series({ label, color: name }: Line, isAlone: boolean): uPlot.Series {
  return {
    label,
    stroke: () => color(name),
    width: 1.5,
    points: { show: false },
    ...(isAlone && { fill: () => color(`${name}-fill`) }),
  }
}

const minutesBefore = (now: number) => [4, 3, 2, 1].map((minutes) => now - minutes * MINUTE_S)
const minuteLabel = (_at: number, index: number) => `−${4 - index} min`
const color = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
