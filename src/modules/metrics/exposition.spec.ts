import { Counter, Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { expositionOf, joinExpositions } from './exposition.js'

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
