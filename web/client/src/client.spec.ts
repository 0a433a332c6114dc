import { describe, expect, it, vi } from 'vitest'
import type { ConnectionState } from './client.js'
import type { ConnectionListener, LinkState, Point } from './connection.js'
import { TOTALS } from './counting.js'
import { openClient } from './open-client.js'
import { Totals } from './totals.js'

/** A client whose connection the test plays. */
function aClient() {
  const connections: {
    readonly from: Point | undefined
    readonly listener: ConnectionListener
    readonly want: ReturnType<typeof vi.fn>
    readonly close: ReturnType<typeof vi.fn>
  }[] = []
  const client = openClient((listener, from) => {
    const connection = { from, listener, want: vi.fn(), close: vi.fn() }
    connections.push(connection)
    return connection
  })
  const states: ConnectionState[] = []
  const gaps: (readonly string[])[] = []
  client.on('state', (state) => states.push(state))
  client.on('gap', ({ namespaces }) => gaps.push(namespaces))
  const connection = () => {
    const [first] = connections
    if (first === undefined) throw new Error('there is no connection')
    return first
  }
  return { client, connections, connection, states, gaps }
}

const turn = () => Promise.resolve()

type Played = { readonly listener: ConnectionListener }

function frame({ listener }: Played, event: string, data: string, at: Point = 1, isOld = false): void {
  listener.onNews({ frame: [event, data], isOld }, at)
}
const tell = ({ listener }: Played, state: LinkState, at: Point = 1) => listener.onNews({ state }, at)
const open = (played: Played, namespaces: readonly string[], at: Point = 1, refused: readonly string[] = []) =>
  tell(played, { name: 'open', namespaces, refused }, at)

describe('a client', () => {
  it('asks once for all that a turn has subscribed', async () => {
    const { client, connections, connection } = aClient()
    await turn()
    expect(connections).toEqual([])
    const end = client.subscribe('raw', () => undefined)
    client.subscribe('eps', () => undefined)
    client.subscribe('details/1', () => undefined)
    end()
    await turn()
    expect(connection().want.mock.calls).toEqual([[['details/1', 'eps']]])
  })

  it('hands frames to those who subscribed to them, each as often as it did', async () => {
    const { client, connection } = aClient()
    const heard: unknown[] = []
    const listen = (data: string, event: string) => void heard.push([data, event])
    client.subscribe('eps', listen)
    const end = client.subscribe('eps', listen)
    client.subscribe('details', (data) => void heard.push(data))
    await turn()
    frame(connection(), 'eps', '1')
    end()
    end()
    frame(connection(), 'eps', '2')
    frame(connection(), 'stream.tweet_updates.x', '3')
    frame(connection(), 'raw', '4')
    expect(heard).toEqual([['1', 'eps'], ['1', 'eps'], ['2', 'eps'], '3'])
  })

  it('gives the last frame to listeners of the latest, and to no others', async () => {
    const { client, connection } = aClient()
    const heard: string[] = []
    const listen = (name: string) => (data: string, event: string) => void heard.push(`${name} ${event} ${data}`)
    client.subscribe('top', listen('each'))
    client.latest('top', listen('first'))
    await turn()
    // Another tab had it.
    frame(connection(), 'top', '1', 1, true)
    expect(heard.splice(0)).toEqual(['first top 1'])
    frame(connection(), 'top', '2')
    expect(heard.splice(0)).toEqual(['each top 2', 'first top 2'])

    const end = client.latest('top', listen('second'))
    client.subscribe('top', listen('late'))
    expect(heard.splice(0)).toEqual(['second top 2'])
    end()
    frame(connection(), 'top', '3')
    expect(heard).toEqual(['each top 3', 'first top 3', 'late top 3'])
  })

  it('forgets the last frame as soon as the namespace is open no longer, and where the connection is lost', async () => {
    const { client, connection } = aClient()
    const heard: string[] = []
    const end = client.subscribe('top', () => undefined)
    client.subscribe('raw', () => undefined)
    await turn()
    open(connection(), ['raw', 'top'])
    frame(connection(), 'top', '1')
    end()
    open(connection(), ['raw'])
    client.latest('top', (data) => void heard.push(data))
    open(connection(), ['raw', 'top'])
    frame(connection(), 'top', '2')
    tell(connection(), { name: 'waiting', delayMs: 1 })
    client.latest('top', (data) => void heard.push(data))
    expect(heard).toEqual(['2'])
  })

  it('tells which of its own namespaces are refused', async () => {
    const { client, connection, states } = aClient()
    client.subscribe('nope', () => undefined)
    await turn()
    open(connection(), ['eps'], 1, ['nope', 'other'])
    open(connection(), ['eps', 'nope'])
    expect(states).toEqual([
      { name: 'open', namespaces: [], refused: ['nope'] },
      { name: 'open', namespaces: ['nope'], refused: [] },
    ])
  })

  it('tells its states once each, open with the namespaces that are its own', async () => {
    const { client, connection, states } = aClient()
    expect(client.state).toBe('connecting')
    client.subscribe('eps', () => undefined)
    client.subscribe('raw', () => undefined)
    await turn()
    tell(connection(), { name: 'connecting' })
    open(connection(), ['details', 'eps'])
    open(connection(), ['eps'])
    open(connection(), ['eps', 'raw'])
    tell(connection(), { name: 'waiting', delayMs: 5, status: 503 })
    open(connection(), ['details'])
    expect(states).toEqual([
      { name: 'open', namespaces: ['eps'], refused: [] },
      { name: 'open', namespaces: ['eps', 'raw'], refused: [] },
      { name: 'waiting', delayMs: 5, status: 503 },
      { name: 'connecting' },
    ])
    frame(connection(), 'eps', '1')
    client.close()
    expect(client.state).toBe('closed')
    expect(connection().close).toHaveBeenCalledOnce()
    const late = vi.fn()
    client.latest('eps', late)
    expect(late).not.toHaveBeenCalled()
  })

  it('announces a gap where another stream goes on from another point, for all that was open, on a server without ids', async () => {
    const { client, connection, gaps } = aClient()
    client.subscribe('eps', () => undefined)
    const end = client.subscribe('raw', () => undefined)
    await turn()
    open(connection(), ['eps', 'other'], 1)
    open(connection(), ['eps', 'raw'], 1)
    tell(connection(), { name: 'connecting' }, 1)
    open(connection(), ['eps', 'raw'], 1)
    expect(gaps).toEqual([])
    open(connection(), ['eps', 'raw'], 2)
    end()
    open(connection(), ['eps'], 2)
    client.subscribe('raw', () => undefined)
    open(connection(), ['eps', 'raw'], 3)
    expect(gaps).toEqual([['eps', 'raw'], ['eps']])
  })

  it('announces one of messages alone on a server with ids, and none where it goes on after the last of them', async () => {
    const { client, connection, gaps } = aClient()
    for (const namespace of ['details/1', 'eps', 'raw']) client.subscribe(namespace, () => undefined)
    client.counter('1', () => undefined)
    await turn()
    open(connection(), ['details/1', 'eps', 'raw'], 0.5)
    frame(connection(), '', '', 'e-1')
    frame(connection(), 'raw', '1', 'e-2')
    open(connection(), ['details/1', 'eps', 'raw'], 'e-2')
    expect(gaps).toEqual([])
    open(connection(), ['details/1', 'eps', 'raw'], 'e-4')
    expect(gaps).toEqual([['details/1', 'raw']])
  })

  it.each(['reset', 'gap'])('announces one at a %s, for messages that were open before', async (event) => {
    const { client, connection, gaps } = aClient()
    client.subscribe('eps', () => undefined)
    client.subscribe('raw', () => undefined)
    await turn()
    open(connection(), ['eps', 'raw'], 'e-1')
    client.subscribe('details/1', () => undefined)
    open(connection(), ['details/1', 'eps', 'raw'], 'e-1')
    frame(connection(), event, '{}', 'f-1')
    expect(gaps).toEqual([['raw']])
    frame(connection(), 'raw', '1', 'f-2')
    frame(connection(), event, '{}', 'f-3')
    expect(gaps).toEqual([['raw'], ['details/1', 'raw']])
  })

  it('has all totals from the first snapshot on, and increments in between that follow from them', async () => {
    const { client, connection, gaps } = aClient()
    const heard: string[] = []
    const rises: unknown[] = []
    const totals = new Totals((...rise) => rises.push(rise))
    client.subscribe('eps', (data, event) => heard.push(`${event}: ${data}`))
    client.follow(totals)
    await turn()
    open(connection(), ['eps'], 'e-1')
    frame(connection(), TOTALS, '{"a":3}', 'e-2')
    frame(connection(), 'snapshot', '{"a":3,"b":5}', 'e-3')
    frame(connection(), TOTALS, '{"b":7,"c":1}', 'e-4')
    expect(totals.toJSON()).toEqual({ a: 3, b: 7, c: 1 })
    expect(rises.splice(0)).toEqual([
      ['a', 3, 3],
      ['b', 7, 2],
      ['c', 1, 1],
    ])
    expect(heard.splice(0)).toEqual(['eps: {"b":2,"c":1}'])

    // A snapshot that is older than the last frame changes no total.
    frame(connection(), 'snapshot', '{"a":4,"b":6,"c":1}', 'e-4')
    expect(totals.toJSON()).toEqual({ a: 4, b: 7, c: 1 })
    expect(heard.splice(0)).toEqual(['eps: {"a":1}'])

    // After a reset the snapshot is right.
    frame(connection(), 'reset', '{"reason":"unknown"}', 'f-1')
    frame(connection(), 'snapshot', '{"a":4,"b":9,"c":1}', 'f-1')
    expect([totals.toJSON(), heard.splice(0), gaps]).toEqual([{ a: 4, b: 9, c: 1 }, ['eps: {"b":2}'], []])
    frame(connection(), 'reset', '{"reason":"unknown"}', 'g-1')
    frame(connection(), 'snapshot', '{"a":1,"b":10}', 'g-1')
    expect([totals.toJSON(), heard.splice(0), gaps]).toEqual([{ a: 1, b: 10 }, ['eps: {"b":1}'], [['eps']]])
    const late = new Totals()
    client.follow(late)
    expect(late.toJSON()).toEqual({ a: 1, b: 10 })
  })

  it('adds increments up on a server without totals', async () => {
    const { client, connection } = aClient()
    const totals = new Totals()
    const counted: number[] = []
    const end = client.follow(totals)
    client.counter('a', (total) => counted.push(total))
    await turn()
    open(connection(), ['eps'], 1)
    frame(connection(), 'eps', '{"a":3}')
    frame(connection(), 'eps', '{"a":1}')
    end()
    frame(connection(), 'eps', '{"a":1}')
    expect([totals.toJSON(), counted]).toEqual([{ a: 4 }, []])
  })

  it('counts single ids, each total once, at once where it is known', async () => {
    const { client, connection, states } = aClient()
    const counted: unknown[] = []
    const count = (id: string) => client.counter(id, (total) => counted.push([id, total]))
    const end = count('a')
    count('__proto__')
    await turn()
    expect(connection().want.mock.calls).toEqual([[['eps/__proto__', 'eps/a']]])
    open(connection(), ['eps/__proto__', 'eps/a'], 'e-1')
    expect(states.at(-1)).toEqual({ name: 'open', namespaces: ['eps/__proto__', 'eps/a'], refused: [] })
    expect(counted).toEqual([])
    frame(connection(), 'snapshot', '{"a":3}', 'e-1')
    frame(connection(), TOTALS, '{"__proto__":1}', 'e-2')
    frame(connection(), TOTALS, '{"a":4}', 'e-3')
    expect(counted.splice(0)).toEqual([
      ['a', 3],
      ['__proto__', 0],
      ['__proto__', 1],
      ['a', 4],
    ])
    count('a')
    count('b')
    expect(counted.splice(0)).toEqual([['a', 4]])
    // Another tab has subscribed to eps.
    open(connection(), ['eps'], 'e-3')
    frame(connection(), 'snapshot', '{"a":4,"b":2,"c":1}', 'e-4')
    expect(counted.splice(0)).toEqual([['b', 2]])
    count('c')
    end()
    frame(connection(), TOTALS, '{"a":5}', 'e-5')
    expect(counted).toEqual([
      ['c', 1],
      ['a', 5],
    ])
  })

  it('brings another tab up to date with the totals, once it knows them, and the last frames', async () => {
    const { client, connection } = aClient()
    client.subscribe('eps', () => undefined)
    await turn()
    const { listener } = connection()
    open(connection(), ['details', 'eps', 'top'], 'e-1')
    expect(listener.present()).toEqual([])
    frame(connection(), 'snapshot', '{"a":1}', 'e-1')
    frame(connection(), TOTALS, '{"a":2}', 'e-2')
    frame(connection(), 'top', '1', 'e-3')
    frame(connection(), 'top', '2', 'e-4')
    frame(connection(), 'stream.tweet_updates.1', '{}', 'e-5')
    expect(listener.present()).toEqual([
      ['snapshot', '{"a":2}'],
      ['top', '2'],
    ])
    open(connection(), ['details', 'eps'], 'e-5')
    frame(connection(), 'reset', '{}', 'f-1')
    expect(listener.present()).toEqual([])
  })

  it('reports a listener that throws, and calls the others', async () => {
    const report = vi.fn()
    vi.stubGlobal('reportError', report)
    const { client, connection } = aClient()
    const heard: string[] = []
    client.subscribe('eps', () => {
      throw new Error('mine')
    })
    client.subscribe('eps', (data) => void heard.push(data))
    await turn()
    frame(connection(), 'eps', '1')
    expect(heard).toEqual(['1'])
    expect(report).toHaveBeenCalledWith(new Error('mine'))
    vi.unstubAllGlobals()
  })

  it('lets go of its connection while the page is away, and knows that it has missed something', async () => {
    const [page, document] = [new EventTarget(), new EventTarget()]
    vi.stubGlobal('document', document)
    vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
    const { client, connections, connection, gaps, states } = aClient()
    client.subscribe('eps', () => undefined)
    await turn()
    open(connection(), ['eps'], 1)
    document.dispatchEvent(new Event('freeze'))
    page.dispatchEvent(new Event('pagehide'))
    expect(connection().close).toHaveBeenCalledOnce()
    expect(client.state).toBe('connecting')
    document.dispatchEvent(new Event('resume'))
    page.dispatchEvent(new Event('pageshow'))
    await turn()
    expect(connections.length).toBe(2)
    const [, second] = connections
    expect(second?.from).toBe(1)
    if (second) open(second, ['eps'], 2)
    expect(gaps).toEqual([['eps']])
    client.close()
    page.dispatchEvent(new Event('pageshow'))
    await turn()
    expect(connections.length).toBe(2)
    expect(states.at(-1)).toEqual({ name: 'closed' })
    vi.unstubAllGlobals()
  })
})
