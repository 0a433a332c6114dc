import { describe, expect, it } from 'vitest'
import { type Connection, nodesOf } from './cluster.js'
import { nextOrder, search, sorted } from './connection-list.js'

const connection = (path: string, client: string, agent: string, age: number | null, node = 'web.1'): Connection | undefined =>
  nodesOf([{ node, connections: [{ request_path: path, client_ip: client, user_agent: agent, age }] }])[0]?.connections[0]

const ALL = [
  connection('/subscribe/eps', '192.0.2.10', 'Mozilla/5.0 Firefox', 60),
  connection('/subscribe/details/2665', '192.0.2.9', 'curl/8', 5, 'web.2'),
  connection('/subscribe/raw', '2001:db8::1', '', null),
].filter((each) => each !== undefined)

const paths = (list: readonly Connection[]) => list.map(({ path }) => path.split('/')[2])

describe('searching connections', () => {
  it.each([
    ['', ['eps', 'details', 'raw']],
    ['  ', ['eps', 'details', 'raw']],
    ['2665', ['details']],
    ['FIREFOX', ['eps']],
    ['2001:db8', ['raw']],
    ['web.2', ['details']],
    ['subscribe 192.0.2', ['eps', 'details']],
    ['curl web.1', []],
    ['.*', []],
  ])('for %j finds %j', (query, found) => expect(paths(search(ALL, query))).toEqual(found))

  it('does not find what only spans two columns', () => {
    expect(search(ALL, 'eps192')).toEqual([])
  })
})

describe('sorting connections', () => {
  it.each([
    ['ageS', true, ['eps', 'details', 'raw']],
    ['ageS', false, ['details', 'eps', 'raw']],
    ['client', false, ['details', 'eps', 'raw']],
    ['client', true, ['raw', 'eps', 'details']],
    ['agent', false, ['details', 'eps', 'raw']],
    ['agent', true, ['eps', 'details', 'raw']],
  ] as const)('by %s, descending: %s, gives %j, what is missing last', (key, isDescending, order) => {
    expect(paths(sorted(ALL, { key, isDescending }))).toEqual(order)
  })

  it('leaves the list as it was, and equals in their order', () => {
    const before = [...ALL]
    expect(sorted(ALL, { key: 'lagMs', isDescending: true })).toEqual(before)
    expect(ALL).toEqual(before)
  })

  it('begins with large numbers and early letters, and turns round with the second click', () => {
    const byAge = nextOrder({ key: 'path', isDescending: false }, 'ageS')
    expect(byAge).toEqual({ key: 'ageS', isDescending: true })
    expect(nextOrder(byAge, 'ageS')).toEqual({ key: 'ageS', isDescending: false })
    expect(nextOrder(byAge, 'client')).toEqual({ key: 'client', isDescending: false })
  })
})
