import { Counter, Registry } from 'prom-client'
import { expect, it, vi } from 'vitest'
import { expositionOf, joinExpositions } from './prometheus.js'

function aRegistry(worker: string, counts: Readonly<Record<string, number>>): Registry {
  const registry = new Registry()
  registry.setDefaultLabels({ worker })
  const counter = new Counter({ name: 'seen_total', help: 'What was\nseen.', labelNames: ['what'], registers: [registry] })
  for (const [what, count] of Object.entries(counts)) counter.inc({ what }, count)
  new Counter({ name: 'other_total', help: 'Other.', registers: [registry] }).inc(7)
  return registry
}

it('is the text of the registry, where there is one process', async () => {
  const registry = aRegistry('1', { a: 1, b: 2 })
  expect(joinExpositions([await expositionOf(registry)])).toBe(await registry.metrics())
})

it('puts the series of each metric together, under one head', async () => {
  const documents = await Promise.all(
    [aRegistry('1', { a: 1 }), aRegistry('2', { a: 20, b: 30 }), aRegistry('3', {})].map((each) => expositionOf(each)),
  )
  expect(joinExpositions(documents)).toBe(`# HELP seen_total What was\\nseen.
# TYPE seen_total counter
seen_total{what="a",worker="1"} 1
seen_total{what="a",worker="2"} 20
seen_total{what="b",worker="2"} 30

# HELP other_total Other.
# TYPE other_total counter
other_total{worker="1"} 7
other_total{worker="2"} 7
other_total{worker="3"} 7
`)
})

it('waits once for a metric, for a second, and leaves it out from then on until its reading has ended', async () => {
  vi.useFakeTimers()
  try {
    const registry = aRegistry('1', { a: 1 })
    let end: () => void = () => undefined
    const collect = vi.fn(() => new Promise<void>((resolve) => (end = resolve)))
    new Counter({ name: 'slow_total', help: 'Slow.', registers: [registry], collect })
    const failures: string[] = []
    const scrape = async () => Object.keys(await expositionOf(registry, (name, error) => failures.push(`${name}: ${error}`)))

    const first = scrape()
    await vi.advanceTimersByTimeAsync(1000)
    expect(await first).toEqual(['seen_total', 'other_total'])
    // No time passes.
    expect(await scrape()).toEqual(['seen_total', 'other_total'])
    expect(failures).toEqual(Array(2).fill('slow_total: Error: it took longer than 1000 ms'))
    expect(collect).toHaveBeenCalledOnce()

    end()
    await vi.advanceTimersByTimeAsync(0)
    const back = scrape()
    end()
    expect(await back).toEqual(['seen_total', 'other_total', 'slow_total'])
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})
