import { make, setText } from '../../shared/dom.js'
import { formatBytes, formatCount, formatMs, formatSeconds, formatWhole, orMissing } from '../../shared/format.js'
import { Chart, type Line } from './chart.js'
import type { Figure, Reading } from './reading.js'
import type { TimeWindow } from './time-window.js'

interface Card {
  readonly title: string
  readonly figure: Figure
  readonly unit: string
  readonly format: (value: number) => string
  readonly lines: readonly Line[]
  /** Further figures of the card, in a few words. */
  readonly detail?: (reading: Reading) => string
}

const perKind = (figure: Figure, label: string, number: number): Line => ({ figure, label, color: `--line-${number}` })
const alone = (figure: Figure): readonly Line[] => [{ figure, label: figure, color: '--line-1' }]

const CARDS: readonly Card[] = [
  {
    title: 'Open streams',
    figure: 'streams',
    unit: '',
    format: formatCount,
    lines: [
      perKind('eps', 'eps', 1),
      perKind('raw', 'raw', 2),
      perKind('details', 'details', 3),
      perKind('kiosk', 'kiosk', 4),
      perKind('plugIns', 'plug-ins', 5),
    ],
    detail: ({ plugIns }) => plugIns.map(([namespace, streams]) => `${namespace} ${formatWhole(streams)}`).join(', '),
  },
  {
    title: 'Updates in',
    figure: 'updates',
    unit: '/s',
    format: formatCount,
    lines: alone('updates'),
    detail: ({ refused }) => `${orMissing(refused, formatWhole)} refused`,
  },
  {
    title: 'Events out',
    figure: 'frames',
    unit: '/s',
    format: formatCount,
    lines: alone('frames'),
    detail: ({ conflated }) => `${orMissing(conflated, formatWhole)} conflated`,
  },
  {
    title: 'Bytes out',
    figure: 'bytes',
    unit: '/s',
    format: formatBytes,
    lines: alone('bytes'),
  },
  {
    title: 'Flush rate',
    figure: 'flushes',
    unit: '/s',
    format: formatCount,
    lines: [perKind('flushes', 'flushes', 1), perKind('rounds', 'rounds of eps', 3)],
    detail: ({ roundLagMs }) => `lag ${orMissing(roundLagMs, formatMs)}`,
  },
  {
    title: 'Slow clients',
    figure: 'slow',
    unit: '',
    format: formatCount,
    lines: alone('slow'),
    detail: ({ bufferedBytes, closedSlow }) =>
      `${orMissing(bufferedBytes, formatBytes)} buffered, ${orMissing(closedSlow, formatWhole)} closed`,
  },
]

/** The figures of the node. Each has a chart and a number: the present one, or the one under the pointer. */
export class Cards {
  private readonly updates: (() => void)[] = []
  private readonly charts: Chart[] = []
  private reading: Reading | null = null
  /** The sample under the pointer. */
  private index: number | null = null

  constructor(
    host: HTMLElement,
    private readonly window: TimeWindow<Figure>,
    private readonly onMoment: (text: string) => void,
  ) {
    for (const card of CARDS) host.append(this.build(card))
  }

  update(reading: Reading): void {
    this.reading = reading
    if (!document.hidden) this.draw()
  }

  /** Draws the samples that have come while the page was hidden. */
  draw(): void {
    for (const chart of this.charts) chart.update()
    for (const update of this.updates) update()
  }

  redraw(): void {
    for (const chart of this.charts) chart.redraw()
  }

  private build(card: Card): HTMLElement {
    const { title, figure, unit, format, lines } = card
    const now = make('strong', 'now', '–')
    const detail = card.detail === undefined ? [] : [make('span', 'detail')]
    const keys = lines.length === 1 ? [] : lines.map((line) => this.key(line, card))
    const plot = make('div', 'plot')
    plot.setAttribute('role', 'img')
    const caption = make(
      'figcaption',
      'caption',
      make('span', 'title', title),
      ...detail,
      make('span', 'value', now, unit),
      make('span', 'keys', ...keys),
    )
    const element = make('figure', 'card', caption, plot)
    // uPlot measures its place in the page.
    requestAnimationFrame(() => this.charts.push(new Chart(plot, this.window, { lines, format, onPoint: (index) => this.point(index) })))
    this.updates.push(() => {
      setText(now, orMissing(this.at(figure), format))
      for (const element of detail) setText(element, this.reading === null ? '' : (card.detail?.(this.reading) ?? ''))
      plot.setAttribute('aria-label', this.describe(card))
    })
    return element
  }

  private key({ figure, label, color }: Line, { format }: Card): HTMLElement {
    const value = make('span', 'key-value', '–')
    const mark = make('span', 'key-mark')
    mark.style.setProperty('background', `var(${color})`)
    const key = make('span', 'key', mark, label, ' ', value)
    this.updates.push(() => {
      setText(value, orMissing(this.at(figure), format))
      // Most nodes have no plug-ins.
      key.hidden = figure === 'plugIns' && this.window.extremes(figure) === null
    })
    return key
  }

  private at(figure: Figure): number | null {
    return this.window.column(figure).at(this.index ?? -1) ?? null
  }

  private point(index: number | null): void {
    if (index === this.index) return
    this.index = index
    const [at, last] = [index === null ? undefined : this.window.times[index], this.window.times.at(-1)]
    this.onMoment(at === undefined || last === undefined ? '' : `${formatSeconds(last - at)} ago`)
    for (const update of this.updates) update()
  }

  /** The description of a chart, for screen readers. */
  private describe({ title, figure, unit, format }: Card): string {
    const extremes = this.window.extremes(figure)
    if (extremes === null) return `Chart of ${title}: no figures yet`
    return `Chart of ${title}, last 5 minutes: lowest ${format(extremes.low)}${unit}, highest ${format(extremes.high)}${unit}`
  }
}
