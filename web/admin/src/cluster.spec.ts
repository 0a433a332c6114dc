import { describe, expect, it } from 'vitest'
import { nodesOf } from './cluster.js'

const CONNECTION = {
  request_path: '/subscribe/details/2665',
  namespace: '/details/2665',
  age: 60,
  client_ip: '192.0.2.1',
  user_agent: 'curl/8',
  msgs_sent: 7,
  conflated: 1,
  buffered_bytes: 512,
  lag_ms: 40,
}

describe('the nodes of a cluster', () => {
  it('are read with their counts and connections', () => {
    const [node] = nodesOf([
      {
        node: 'nest-test-a',
        state: 'ok',
        draining: true,
        ingest: { source: 'redis', state: 'ready' },
        positions: { mode: 'shared', epoch: 'k3v9q0p2', position: 48, oldest: 7, healed: 17, since: 900, reason: null },
        reported_at: 1000,
        startup_time: 900,
        connections_total: 5000,
        streams: { eps: 4000, raw: 0, details: 1000, kiosk_interaction: 0 },
        eps_rate: 58.8,
        updates: 10,
        frames_sent: 20,
        bytes_sent: 30,
        refused: 0,
        connections: [CONNECTION],
      },
    ])
    expect(node).toEqual({
      node: 'nest-test-a',
      state: 'ok',
      isDraining: true,
      ingest: 'ready',
      positions: { mode: 'shared', epoch: 'k3v9q0p2', position: 48, healed: 17, reason: '' },
      reportedAt: 1000,
      startupTime: 900,
      connectionsTotal: 5000,
      streams: { eps: 4000, raw: 0, details: 1000, kiosk_interaction: 0 },
      epsRate: 58.8,
      counts: { updates: 10, frames: 20, bytes: 30 },
      refused: 0,
      connections: [
        {
          node: 'nest-test-a',
          path: '/subscribe/details/2665',
          client: '192.0.2.1',
          agent: 'curl/8',
          ageS: 60,
          lagMs: 40,
          bufferedBytes: 512,
          sent: 7,
          conflated: 1,
        },
      ],
    })
  })

  it('come by name', () => {
    expect(nodesOf([{ node: 'b' }, { node: 'a' }]).map(({ node }) => node)).toEqual(['a', 'b'])
  })

  it('of an older streamer have what it tells, counted from its list of connections', () => {
    const namespaces = ['/eps', '/eps,details/1,details/2', '/details', '/kiosk_interaction']
    const [node] = nodesOf([{ node: 'go', connections: namespaces.map((namespace) => ({ request_path: '/subscribe/x', namespace })) }])
    expect(node).toMatchObject({
      state: '',
      positions: null,
      reportedAt: null,
      connectionsTotal: 4,
      streams: { eps: 2, raw: 0, details: 2, kiosk_interaction: 1 },
      counts: { updates: null, frames: null, bytes: null },
      connections: [{ ageS: null, lagMs: null, agent: '' }, {}, {}, {}],
    })
  })

  it('have no count by kind where the list holds only a part of the connections', () => {
    const [node] = nodesOf([{ node: 'a', connections_total: 9, connections: [CONNECTION] }])
    expect(node?.streams).toEqual({ eps: null, raw: null, details: null, kiosk_interaction: null })
  })

  it('show the namespaces of a multiplexed connection behind its path', () => {
    const connection = { ...CONNECTION, request_path: '/subscribe', namespace: '/eps,details/2665' }
    expect(nodesOf([{ node: 'a', connections: [connection] }])[0]?.connections).toMatchObject([{ path: '/subscribe eps + details/2665' }])
  })

  it.each([null, {}, 'x', 7, [null, 'x', [], 7]])('are none in %j', (value) => {
    expect(nodesOf(value)).toEqual([])
  })
})
