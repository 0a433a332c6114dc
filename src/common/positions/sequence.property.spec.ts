import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ModelClient, PositionWorld } from '../../../test/support/fakes/position-world.js'

const IDS = ['a', 'b', 'c', '😂']
const node = fc.nat({ max: 1 })
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('publish' as const), ids: fc.array(fc.constantFrom(...IDS), { minLength: 1, maxLength: 130 }) }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('receive' as const), node, count: fc.nat({ max: 150 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('begin cut' as const, 'end cut' as const), node }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cut' as const), node }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('disconnect' as const, 'connect' as const), node }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('hop' as const), client: fc.nat({ max: 2 }), node }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('read' as const), client: fc.nat({ max: 2 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('save' as const) }) },
)
const loss = fc.oneof(
  { weight: 12, arbitrary: step },
  { weight: 1, arbitrary: fc.constantFrom({ do: 'empty' as const }, { do: 'restore' as const }, { do: 'refuse names' as const }) },
)
const foreign = fc.oneof(
  { weight: 6, arbitrary: step },
  { weight: 1, arbitrary: fc.constantFrom({ do: 'announce only' as const }, { do: 'set a score' as const }) },
)

type StepOf<T> = T extends fc.Arbitrary<infer U> ? U : never
type Step = StepOf<typeof step> | StepOf<typeof loss> | StepOf<typeof foreign>

function play(steps: readonly Step[], capacity: number) {
  const world = new PositionWorld(2, capacity)
  for (let n = 0; n < 50; n++) world.scores.set('old', n)
  const nodeOf = (n: number) => world.nodes[n] ?? expect.unreachable()
  for (const each of world.nodes) each.cut()
  const clients = Array.from({ length: 3 }, (_, n) => new ModelClient(nodeOf(n % 2)))
  let saved = new Map(world.scores)
  for (const each of steps) {
    if (each.do === 'publish') for (const id of each.ids) world.publish(id)
    else if (each.do === 'receive') nodeOf(each.node).receive(each.count)
    else if (each.do === 'begin cut') nodeOf(each.node).beginCut()
    else if (each.do === 'end cut') nodeOf(each.node).endCut()
    else if (each.do === 'cut') nodeOf(each.node).cut()
    else if (each.do === 'disconnect') nodeOf(each.node).disconnect()
    else if (each.do === 'connect') nodeOf(each.node).connect()
    else if (each.do === 'hop') clients[each.client]?.hop(nodeOf(each.node))
    else if (each.do === 'read') clients[each.client]?.read()
    else if (each.do === 'save') saved = new Map(world.scores)
    else if (each.do === 'refuse names') world.refusesNames = !world.refusesNames
    else if (each.do === 'restore') world.restore(saved)
    else if (each.do === 'announce only') world.announce('a')
    else if (each.do === 'set a score') world.scores.set('a', (world.scores.get('a') ?? 0) + 7)
    else if (each.do === 'empty') {
      world.epoch = `${world.epoch}e`.slice(-16)
      world.restore(new Map())
    }
  }
  return { world, clients }
}

describe('nodes on one sequence of updates', () => {
  it('and their clients end with the scores of Redis, after any stalls, cuts, hops and outages', () => {
    const outcomes = new Map<string, number>()
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120, size: 'max' }), fc.integer({ min: 150, max: 600 }), (steps, capacity) => {
        const { world, clients } = play(steps, capacity)
        expectAllEqual(world, clients)
        for (const each of world.nodes) expect(each.verdicts.filter((kind) => !['first', 'agrees', 'missed'].includes(kind))).toEqual([])
        for (const outcome of [...world.nodes.flatMap(({ verdicts }) => verdicts), ...clients.flatMap((client) => client.outcomes)])
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      }),
      { numRuns: 200, seed: 14 },
    )
    // The run has seen what it is about.
    expect(Object.fromEntries(outcomes)).toMatchObject({
      agrees: expect.any(Number),
      missed: expect.any(Number),
      served: expect.any(Number),
    })
  })

  it('and their clients end with the scores of a Redis that lost data', () => {
    fc.assert(
      fc.property(fc.array(loss, { maxLength: 120, size: 'max' }), fc.integer({ min: 150, max: 600 }), (steps, capacity) => {
        const { world, clients } = play(steps, capacity)
        expectAllEqual(world, clients)
      }),
      { numRuns: 200 },
    )
  })

  it('never share positions of scores that are moved by other means, and invent nothing', () => {
    fc.assert(
      fc.property(fc.array(foreign, { maxLength: 120, size: 'max' }), fc.integer({ min: 150, max: 600 }), (steps, capacity) => {
        const { world, clients } = play(steps, capacity)
        for (const each of world.nodes) each.receive(Number.POSITIVE_INFINITY)
        for (const client of clients) client.read()
        for (const [n, client] of clients.entries()) {
          const node = client.node
          expect([n, Object.fromEntries(client.totals)]).toEqual([n, Object.fromEntries(node.totals)])
        }
      }),
      { numRuns: 200 },
    )
  })
})

function expectAllEqual(world: PositionWorld, clients: readonly ModelClient[]): void {
  world.settle()
  const scores = new Map([...world.scores].filter(([, score]) => score !== 0))
  for (const each of world.nodes) expect(each.totals).toEqual(scores)
  for (const client of clients) {
    client.read()
    expect(client.totals).toEqual(scores)
  }
}
