import { expect, it } from 'vitest'
import { subscriberInfo } from '../../../test/support/fakes/subscriber-info.js'
import { connectionReport } from './status-report.js'

const NOW = 1_700_000_060
const SHOWN = { now: NOW, isAuthorised: true }

it('a connection has the shape that the original streamers gave it, and how it keeps up', () => {
  expect(connectionReport(subscriberInfo({ bufferedBytes: 4096, lagMs: 1234.5 }), SHOWN)).toEqual({
    request_path: '/subscribe/details/2665',
    namespace: '/details/2665',
    tag: '2665',
    created_at: 1_700_000_000,
    age: 60,
    client_ip: '192.0.2.1',
    user_agent: 'curl/8',
    msgs_sent: 7,
    conflated: 2,
    buffered_bytes: 4096,
    lag_ms: 1235,
  })
})

it('a multiplexed connection joins its namespaces by commas, after one slash', () => {
  const info = subscriberInfo({ requestPath: '/subscribe', namespaces: ['eps', 'details/2665'], tag: null })
  expect(connectionReport(info, SHOWN)).toMatchObject({ request_path: '/subscribe', namespace: '/eps,details/2665', tag: null })
})

it('who is connected is for the authorised', () => {
  const hidden = connectionReport(subscriberInfo(), { ...SHOWN, isAuthorised: false })
  expect(hidden).toMatchObject({ client_ip: '', user_agent: '', msgs_sent: 7, namespace: '/details/2665' })
})

it('no connection has a negative age, even where the clock was set back', () => {
  expect(connectionReport(subscriberInfo({ createdAt: NOW + 30 }), SHOWN).age).toBe(0)
})
