import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { unanswerable } from '../../support/metrics/promql.js'
import { promtool } from '../../support/metrics/promtool.js'
import { type Scrape, scrapeOf } from '../../support/metrics/scrape.js'
import { ServerProcess } from '../../support/servers/server-process.js'
import { eventually } from '../../support/waiting/eventually.js'

const path = (name: string) => fileURLToPath(new URL(`../../../${name}`, import.meta.url))
const textOf = (name: string) => readFileSync(path(name), 'utf8')

const ALERTS = 'deploy/prometheus/alerts.yml'
const DASHBOARD = 'deploy/grafana/emojitrack-streamer.json'
const METRICS = 'docs/metrics.md'
const RUNBOOK = 'docs/operations.md'

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly datasource?: { readonly uid: string }
  readonly targets?: readonly { readonly expr: string }[]
}

interface Dashboard {
  readonly schemaVersion: number
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string; readonly definition?: string }[] }
  readonly panels: readonly Panel[]
}

let scrape: Scrape
beforeAll(async () => {
  // Two workers on the demo feed have every metric and every label, `worker` included. A small heap makes them collect garbage soon.
  const server = await ServerProcess.start({ WORKERS: '2', NODE_OPTIONS: '--max-semi-space-size=1' })
  try {
    scrape = await eventually('both answer, and have collected garbage', async () => {
      const seen = await scrapeOf(server)
      return seen.value('emojitrack_workers_answered') === 2 && seen.value('nodejs_gc_duration_seconds_count') > 0 && seen
    })
  } finally {
    await server.stop()
  }
})

describe('the check of expressions', () => {
  it('finds what is not there', () => {
    expect(unanswerable('sum by (kind, colour) (emojitrack_subscribers{kind="eps",job="$job"}) / emojitrack_nothing', scrape)).toEqual([
      'no metric emojitrack_nothing',
      'no label colour',
    ])
    expect(unanswerable('rate(emojitrack_subscribers{kind="epsilon"}[5m])', scrape)).toEqual(['no emojitrack_subscribers{kind="epsilon"}'])
    expect(unanswerable('emojitrack_workers{reason="slow"}', scrape)).toHaveLength(1)
  })
})

describe(ALERTS, () => {
  it('holds what promtool accepts, and fires when it should', () => {
    expect(promtool(['check', 'rules', path(ALERTS)])).toMatchObject({ code: 0 })
    expect(promtool(['test', 'rules', path('deploy/prometheus/alerts.test.yml')])).toMatchObject({ code: 0 })
  })

  it('asks for what there is', () => {
    expect(textOf(ALERTS).match(/emojitrack_[a-z]/g)?.length).toBeGreaterThan(10)
    expect(unanswerable(textOf(ALERTS), scrape)).toEqual([])
  })

  it('says of every alert how bad it is and what to do, by a link that leads somewhere', () => {
    const alerts = textOf(ALERTS).split('- alert: ').slice(1)
    expect(alerts.length).toBeGreaterThan(7)
    for (const alert of alerts) {
      expect(alert).toMatch(/severity: (warning|critical)/)
      expect(alert).toMatch(/summary: ".+"\n +description: .+\n +runbook_url: docs\/operations\.md#[a-z-]+\n/)
    }
    const anchors = existsSync(path(RUNBOOK)) ? anchorsOf(textOf(RUNBOOK)) : null
    for (const [, anchor = ''] of textOf(ALERTS).matchAll(/operations\.md#([a-z-]+)/g)) if (anchors) expect(anchors).toContain(anchor)
  })
})

describe(DASHBOARD, () => {
  const dashboard = JSON.parse(textOf(DASHBOARD)) as Dashboard
  const shown = dashboard.panels.filter(({ type }) => type !== 'row')

  it('asks for what there is', () => {
    const exprs = shown.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
    expect(exprs.length).toBeGreaterThan(20)
    for (const expr of exprs) expect(unanswerable(expr, scrape), expr).toEqual([])
    for (const { definition = '' } of dashboard.templating.list) expect(unanswerable(definition, scrape)).toEqual([])
  })

  it('has expressions that Prometheus can read', () => {
    const exprs = shown.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
    // The test puts in values for the variables, as Grafana does; promtool reads the expressions as rules.
    const rules = exprs.map((expr, n) => ({
      record: `panel:${n}`,
      expr: expr.replaceAll('$__rate_interval', '1m').replaceAll(/\$[a-z]+/g, 'x'),
    }))
    const folder = mkdtempSync(join(tmpdir(), 'emojitrack-test-'))
    try {
      const file = join(folder, 'panels.yml')
      writeFileSync(file, JSON.stringify({ groups: [{ name: 'panels', rules }] }))
      expect(promtool(['check', 'rules', '--lint=none', file])).toEqual({
        code: 0,
        said: expect.stringContaining(`${rules.length} rules found`),
      })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('takes its data source from a variable, and shows panels that stand beside each other', () => {
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(36)
    expect(dashboard.templating.list[0]).toMatchObject({ name: 'datasource', type: 'datasource' })
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length)
    for (const { datasource, title } of shown) expect(datasource?.uid, title).toMatch(/^\$\{datasource\}$/)
    const cells = shown.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
    expect(Math.max(...shown.map(({ gridPos: { x, w } }) => x + w))).toBeLessThanOrEqual(24)
  })
})

describe(METRICS, () => {
  it('lists every metric that there is, with its type, and no other', () => {
    const rows = [...textOf(METRICS).matchAll(/^\| `([a-z0-9_]+)`[^|]*\| (\w+) \|/gm)].map(([, name = '', type = '']) => [name, type])
    expect(new Map(rows.map(([name = '', type = '']) => [name, type]))).toEqual(new Map(scrape.types))
    expect(rows).toHaveLength(scrape.types.size)
  })

  it('names the labels of every metric', () => {
    for (const [, name = '', rest = ''] of textOf(METRICS).matchAll(/^\| `([a-z0-9_]+)`([^|]*)\|/gm)) {
      const series = scrape.series.filter((each) => each.name === name || each.name === `${name}_bucket`)
      const labels = new Set(series.flatMap((each) => Object.keys(each.labels)).filter((label) => label !== 'worker' && label !== 'le'))
      const named = [...rest.matchAll(/`([a-z]+)`/g)].map(([, label]) => label)
      expect([...labels].sort(), name).toEqual(named.sort())
    }
  })
})

const anchorsOf = (text: string) => [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => title.toLowerCase().replaceAll(' ', '-'))
