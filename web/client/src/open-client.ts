import { carries } from './carries.js'
import type { Client, ClientEvents, ConnectionState } from './client.js'
import type { Connection, LinkState, Open, Point } from './connection.js'
import { covers, isCounting, TOTALS } from './counting.js'
import { Counts } from './counts.js'
import { watchPage } from './page-life.js'

type Hear = (data: string, event: string, isOld?: boolean) => unknown

interface Subscription {
  readonly namespace: string
  readonly hear: Hear
  /** True once it can have missed something: it was open before this stream, or frames have come. */
  isBegun?: boolean
}

type EventListeners = { readonly [Name in keyof ClientEvents]: Set<(event: ClientEvents[Name]) => void> }

/** Makes a client whose connection `open` makes. */
export function openClient(open: Open): Client {
  const subscriptions = new Set<Subscription>()
  const events: EventListeners = { state: new Set(), gap: new Set() }
  /** Event → data of the last frame, in the order of their coming. Details and kiosk_interaction have too many events for that. */
  const last = new Map<string, string>()
  const counts = new Counts()
  let connection: Connection | null = null
  let current: ConnectionState = { name: 'connecting' }
  let at: Point | undefined
  let isChanged = false
  const unwatch = watchPage(leave, change)

  function subscribe(namespace: string, hear: Hear): () => void {
    const known = [...last].filter(([event]) => carries(namespace, event)).at(-1)
    if (known) emit([hear], () => hear(known[1], known[0], true))
    const subscription = { namespace, hear }
    subscriptions.add(subscription)
    change()
    return () => {
      subscriptions.delete(subscription)
      change()
    }
  }

  /** Applies the changes of one turn of the event loop to the connection together. */
  function change(): void {
    if (isChanged) return
    isChanged = true
    queueMicrotask(() => {
      isChanged = false
      const wanted = namespacesOf()
      if (current.name === 'closed' || (connection === null && wanted.length === 0)) return
      connection ??= open(
        {
          present: () => [...counts.snapshot, ...last],
          onNews: (news, point) => {
            if ('frame' in news) {
              at = point
              take(...news.frame, news.isOld)
            } else if (news.state.name === 'open') resume(news.state, point)
            else {
              last.clear()
              enter(news.state)
            }
          },
        },
        at,
      )
      connection.want(wanted)
    })
  }

  function leave(): void {
    connection?.close()
    connection = null
    enter({ name: 'connecting' })
  }

  function take(event: string, data: string, isOld?: boolean): void {
    const isLoss = event === 'reset' || event === 'gap'
    if (event !== '' && !isLoss) begin()
    if (isCount(event)) {
      // This tab knows them.
      if (isOld && counts.snapshot.length > 0) return
      const [rises, isLower] = counts.take(event, data)
      hand(isCounting, event, data)
      if (rises.length > 0) hand((namespace) => namespace === 'eps', 'eps', JSON.stringify(Object.fromEntries(rises)))
      if (isLower) lose((namespace) => namespace === 'eps')
    } else if (isLoss) {
      counts.isStale ||= event === 'reset'
      lose((namespace) => !isCounting(namespace))
    } else if (!isOld || last.get(event) !== data) {
      last.delete(event)
      if (!event.startsWith('stream.')) last.set(event, data)
      hand((namespace) => carries(namespace, event), event, data, isOld)
    }
  }

  function hand(isMeant: (namespace: string) => boolean, event: string, data: string, isOld?: boolean): void {
    const meant = [...subscriptions].filter(({ namespace }) => isMeant(namespace))
    emit(meant, ({ hear }) => hear(data, event, isOld))
  }

  function begin(): void {
    for (const subscription of subscriptions) subscription.isBegun ||= covers(counts.served, subscription.namespace)
  }

  function lose(isLost: (namespace: string) => boolean): void {
    const namespaces = namespacesOf(({ namespace, isBegun }) => isBegun && isLost(namespace))
    if (namespaces.length > 0) emit(events.gap, (listener) => listener({ namespaces }))
  }

  function namespacesOf(isMeant: (subscription: Subscription) => unknown = () => true): readonly string[] {
    return [...new Set([...subscriptions].filter(isMeant).map(({ namespace }) => namespace))].sort()
  }

  function resume({ namespaces: served, refused: all }: Extract<LinkState, { name: 'open' }>, point: Point): void {
    const namespaces = namespacesOf(({ namespace }) => covers(served, namespace))
    const refused = namespacesOf(({ namespace }) => all.includes(namespace))
    const isBroken = point !== at
    at = point
    begin()
    counts.isStale ||= isBroken
    counts.serve(served, at)
    for (const event of last.keys()) if (!served.some((namespace) => carries(namespace, event))) last.delete(event)
    enter(namespaces.length + refused.length > 0 ? { name: 'open', namespaces, refused } : { name: 'connecting' })
    // Totals come again where the server has them.
    if (isBroken) lose((namespace) => typeof point === 'number' || !isCounting(namespace))
  }

  function enter(state: ConnectionState): void {
    if (JSON.stringify(state) === JSON.stringify(current)) return
    current = state
    emit(events.state, (listener) => listener(state))
  }

  return {
    get state() {
      return current.name
    },
    subscribe: (namespace, listener) => subscribe(namespace, (data, event, isOld) => isOld || isCount(event) || listener(data, event)),
    latest: (namespace, listener) => subscribe(namespace, (data, event) => isCount(event) || listener(data, event)),
    follow(totals) {
      const seed = () => counts.has('eps') && totals.seed(counts.toJSON())
      seed()
      return subscribe('eps', (data, event) => {
        if (event === 'snapshot') seed()
        else if (event === TOTALS) totals.raise(JSON.parse(data))
        else if (!counts.has('eps')) totals.add(data)
      })
    },
    counter(id, listener) {
      const namespace = TOTALS + id
      let shown: number | undefined
      const show = () => {
        const total = counts.get(id)
        if (total === shown || !counts.has(namespace)) return
        shown = total
        listener(total)
      }
      show()
      return subscribe(namespace, show)
    },
    on(name, listener) {
      events[name].add(listener)
      return () => void events[name].delete(listener)
    },
    close() {
      unwatch()
      subscriptions.clear()
      last.clear()
      connection?.close()
      enter({ name: 'closed' })
    },
  }
}

/** True if a frame has totals, not increments. */
const isCount = (event: string) => event === 'snapshot' || event === TOTALS

/** Calls every listener. An error in one is reported, and the others still run. */
function emit<Listener>(listeners: Iterable<Listener>, call: (listener: Listener) => unknown): void {
  for (const listener of [...listeners]) {
    try {
      call(listener)
    } catch (error) {
      reportError(error)
    }
  }
}
