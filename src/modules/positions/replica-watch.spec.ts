import { describe, expect, it } from 'vitest'
import { ReplicaWatch } from './replica-watch.js'

const replica = ({ offset = 1000, start = 1, stream = 'abc', link = 'up', syncs = 0 } = {}) =>
  [
    '# Replication\r\nrole:slave\r\nmaster_host:127.0.0.1',
    `master_link_status:${link}\r\nmaster_sync_in_progress:${syncs}\r\nslave_repl_offset:${offset}`,
    `master_replid:${stream}\r\nrepl_backlog_active:1\r\nrepl_backlog_first_byte_offset:${start}\r\n`,
  ].join('\r\n')
const MASTER = '# Replication\r\nrole:master\r\nmaster_replid:abc\r\n'

describe('ReplicaWatch', () => {
  it.each([
    ['a master', [MASTER, MASTER], [false, false]],
    ['a replica that follows', [replica(), replica({ offset: 2000 }), replica({ offset: 9000, start: 1500 })], [false, false, false]],
    ['a link that was down', [replica(), replica({ link: 'down' }), replica({ link: 'down' }), replica()], [false, false, false, true]],
    ['a synchronisation that was seen', [replica(), replica({ syncs: 1 }), replica(), replica()], [false, false, true, false]],
    [
      'one that was not seen',
      [replica(), replica({ offset: 5000, start: 4001 }), replica({ offset: 5000, start: 4001 })],
      [false, true, false],
    ],
    ['one that missed no command', [replica(), replica({ offset: 5000, start: 1001 })], [false, false]],
    ['another stream', [replica(), replica({ stream: 'def' })], [false, true]],
    ['an earlier offset', [replica(), replica({ offset: 999 })], [false, true]],
    ['a master that becomes a replica', [MASTER, replica()], [false, true]],
    ['a replica that becomes a master', [replica(), MASTER], [false, false]],
  ])('judges %s', (_what, infos, suspects) => {
    const watch = new ReplicaWatch()
    expect(infos.map((info) => watch.look(info))).toEqual(suspects)
  })
})
