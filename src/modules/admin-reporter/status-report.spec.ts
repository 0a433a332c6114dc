import { describe, expect, it } from 'vitest'
import { StreamStats, type SubscriberInfo } from '../../common/stats/stream-stats.js'
import { Traffic } from '../../common/stats/traffic.js'
import { MAX_CONNECTIONS, statusReport } from './status-report.js'

const INFO: SubscriberInfo = {
  requestPath: '/subscribe/details/2665',
  namespaces: ['details/2665'],
  tag: '2665',
  createdAt: 1_700_000_000,
  clientIp: '192.0.2.1',
  userAgent: 'curl/8',
  msgsSent: 7,
  conflated: 2,
  bufferedBytes: 0,
  lagMs: 0,
}

class FakeStats extends StreamStats {
  readonly msgsBroadcast = 42
  readonly epsRate = 58.8235
  readonly traffic = new Traffic()
  readonly backlog = { subscribers: 0, bytes: 0 }

  constructor(private readonly infos: readonly SubscriberInfo[]) {
    super()
  }

  get total(): number {
    return this.infos.length
  }

  oldest(limit: number): SubscriberInfo[] {
    return this.infos.slice(0, limit)
  }
}

const NOW = 1_700_000_060
const report = (infos: readonly SubscriberInfo[], isAuthorised = true, now = NOW) =>
  statusReport(
    { config: { nodeName: 'nest-test-box' }, stats: new FakeStats(infos), refusals: { total: 3 }, bus: { failures: 1 } },
    { startupTime: 1_699_999_000, now, isAuthorised },
  )

describe('statusReport', () => {
  it('has the shape that the original streamers gave it', () => {
    expect(report([INFO])).toEqual({
      node: 'nest-test-box',
      status: 'OK',
      reported_at: NOW,
      startup_time: 1_699_999_000,
      msgs_broadcast: 42,
      eps_rate: 58.8,
      refused: 3,
      handler_failures: 1,
      connections_total: 1,
      connections: [
        {
          request_path: '/subscribe/details/2665',
          namespace: '/details/2665',
          tag: '2665',
          created_at: 1_700_000_000,
          age: 60,
          client_ip: '192.0.2.1',
          user_agent: 'curl/8',
          msgs_sent: 7,
        },
      ],
    })
  })

  it('has an empty list without connections', () => {
    expect(report([])).toMatchObject({ connections_total: 0, connections: [] })
  })

  it('joins the namespaces of a multiplexed connection by commas, after one slash', () => {
    const { connections } = report([{ ...INFO, requestPath: '/subscribe', namespaces: ['eps', 'details/2665'], tag: null }])
    expect(connections).toMatchObject([{ request_path: '/subscribe', namespace: '/eps,details/2665', tag: null }])
  })

  it('shows who is connected only to the authorised', () => {
    const { connections } = report([INFO], false)
    expect(connections).toMatchObject([{ client_ip: '', user_agent: '', msgs_sent: 7, namespace: '/details/2665' }])
  })

  it('lists the oldest connections, as many as its bound, and says how many there are', () => {
    const infos = Array.from({ length: MAX_CONNECTIONS + 5 }, (_, i) => ({ ...INFO, createdAt: INFO.createdAt + i }))
    const { connections, connections_total } = report(infos, true, INFO.createdAt + 10_000)
    expect(connections_total).toBe(MAX_CONNECTIONS + 5)
    expect(connections.map(({ created_at }) => created_at)).toEqual(infos.slice(0, MAX_CONNECTIONS).map(({ createdAt }) => createdAt))
  })

  it('has no negative age, even where the clock was set back', () => {
    expect(report([INFO], true, INFO.createdAt - 30).connections).toMatchObject([{ age: 0 }])
  })
})
