import { describe, expect, it, vi } from 'vitest'
import { Client, type ConnectionState } from './client.js'
import type { ConnectionListener } from './connection.js'

/** A client whose connection the test plays. */
function aClient() {
  const connections: {
    readonly listener: ConnectionListener
    readonly want: ReturnType<typeof vi.fn>
    readonly close: ReturnType<typeof vi.fn>
  }[] = []
  const client = new Client((listener) => {
    const connection = { listener, want: vi.fn(), close: vi.fn() }
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

describe('Client', () => {
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
    const { listener } = connection()
    listener.onFrame('eps', '1')
    end()
    end()
    listener.onFrame('eps', '2')
    listener.onFrame('stream.tweet_updates.x', '3')
    listener.onFrame('raw', '4')
    expect(heard).toEqual([['1', 'eps'], ['1', 'eps'], ['2', 'eps'], '3'])
  })

  it('gives the last frame to listeners of the latest, and to no others', async () => {
    const { client, connection } = aClient()
    const heard: string[] = []
    const listen = (name: string) => (data: string, event: string) => void heard.push(`${name} ${event} ${data}`)
    client.subscribe('top', listen('each'))
    client.latest('top', listen('first'))
    await turn()
    const { listener } = connection()
    // Another tab had it.
    listener.onFrame('top', '1', true)
    expect(heard.splice(0)).toEqual(['first top 1'])
    listener.onFrame('top', '2')
    expect(heard.splice(0)).toEqual(['each top 2', 'first top 2'])

    const end = client.latest('top', listen('second'))
    client.subscribe('top', listen('late'))
    expect(heard.splice(0)).toEqual(['second top 2'])
    end()
    listener.onFrame('top', '3')
    expect(heard).toEqual(['each top 3', 'first top 3', 'late top 3'])
  })

  it('forgets the last frame with the last subscription', async () => {
    const { client, connection } = aClient()
    const end = client.subscribe('top', () => undefined)
    await turn()
    connection().listener.onFrame('top', '1')
    end()
    const heard: string[] = []
    client.latest('top', (data) => void heard.push(data))
    expect(heard).toEqual([])
  })

  it('tells which of its own namespaces are refused', async () => {
    const { client, connection, states } = aClient()
    client.subscribe('nope', () => undefined)
    await turn()
    const { listener } = connection()
    listener.onState({ name: 'open', runs: { eps: 1 }, refused: ['nope', 'other'] })
    listener.onState({ name: 'open', runs: { eps: 1, nope: 1 }, refused: [] })
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
    const { listener } = connection()
    listener.onState({ name: 'connecting' })
    listener.onState({ name: 'open', runs: { details: 1, eps: 2 }, refused: [] })
    listener.onState({ name: 'open', runs: { eps: 2 }, refused: [] })
    listener.onState({ name: 'open', runs: { eps: 2, raw: 3 }, refused: [] })
    listener.onState({ name: 'waiting', delayMs: 5, status: 503 })
    listener.onState({ name: 'open', runs: { details: 1 }, refused: [] })
    expect(states).toEqual([
      { name: 'open', namespaces: ['eps'], refused: [] },
      { name: 'open', namespaces: ['eps', 'raw'], refused: [] },
      { name: 'waiting', delayMs: 5, status: 503 },
      { name: 'connecting' },
    ])
    listener.onFrame('eps', '1')
    client.close()
    expect(client.state).toBe('closed')
    expect(connection().close).toHaveBeenCalledOnce()
    const late = vi.fn()
    client.latest('eps', late)
    expect(late).not.toHaveBeenCalled()
  })

  it('tells of a gap where a namespace comes in another run, and of no other', async () => {
    const { client, connection, gaps } = aClient()
    client.subscribe('eps', () => undefined)
    const end = client.subscribe('raw', () => undefined)
    await turn()
    const { listener } = connection()
    listener.onState({ name: 'open', runs: { eps: 1, other: 1 }, refused: [] })
    listener.onState({ name: 'open', runs: { eps: 1, raw: 1 }, refused: [] })
    listener.onState({ name: 'connecting' })
    listener.onState({ name: 'open', runs: { eps: 1, raw: 1 }, refused: [] })
    expect(gaps).toEqual([])
    listener.onState({ name: 'open', runs: { eps: 1, raw: 2 }, refused: [] })
    listener.onState({ name: 'open', runs: { eps: 3, raw: 4 }, refused: [] })
    expect(gaps).toEqual([['raw'], ['eps', 'raw']])
    end()
    client.subscribe('raw', () => undefined)
    listener.onState({ name: 'open', runs: { eps: 3, raw: 5 }, refused: [] })
    expect(gaps.length).toBe(2)
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
    connection().listener.onFrame('eps', '1')
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
    connection().listener.onState({ name: 'open', runs: { eps: 1 }, refused: [] })
    document.dispatchEvent(new Event('freeze'))
    page.dispatchEvent(new Event('pagehide'))
    expect(connection().close).toHaveBeenCalledOnce()
    expect(client.state).toBe('connecting')
    document.dispatchEvent(new Event('resume'))
    page.dispatchEvent(new Event('pageshow'))
    await turn()
    expect(connections.length).toBe(2)
    connections[1]?.listener.onState({ name: 'open', runs: { eps: 1 }, refused: [] })
    expect(gaps).toEqual([['eps']])
    client.close()
    page.dispatchEvent(new Event('pageshow'))
    await turn()
    expect(connections.length).toBe(2)
    expect(states.at(-1)).toEqual({ name: 'closed' })
    vi.unstubAllGlobals()
  })
})
