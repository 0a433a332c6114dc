import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { OpenStream } from '../../../../test/support/fakes/a-hub.js'
import { configOf } from '../../../../test/support/fakes/config-of.js'
import { pluginNamespaces } from '../../../../test/support/fakes/plugin-namespaces.js'
import { FrameVariants } from '../../../common/core/sse-frame.js'
import { HeartbeatService } from '../lifecycle/heartbeat.service.js'
import { StreamStatsProvider } from '../lifecycle/stream-stats.provider.js'
import { TransportService } from '../transport/transport.service.js'
import { MessageLog } from './messages/message-log.js'

const STREAMS = 6
const SLICE = 2
/** Each stream is served by one of them, in this order. */
const SLICES = STREAMS / SLICE
const HEARTBEAT_MS = 1000

/** The gateway with streams of one namespace, and a task of which each slice serves two of them. */
function aWorld(namespace: string) {
  const env = { HEARTBEAT_MS: String(HEARTBEAT_MS) }
  const world = pluginNamespaces(env, { slice: SLICE })
  world.fatal.end.mockImplementation(() => undefined)
  return { ...world, env, namespace }
}
type World = ReturnType<typeof aWorld>

/** A task by its name in the log, and the act that makes it run for all streams. */
interface Task {
  readonly task: string
  readonly namespace: string
  prepare(world: World): () => void
}

const TASKS: readonly Task[] = [
  {
    task: 'eps',
    namespace: 'eps',
    prepare:
      ({ flushScores }) =>
      () =>
        flushScores('a'),
  },
  {
    task: 'raw',
    namespace: 'raw',
    prepare:
      ({ append }) =>
      () =>
        append('a'),
  },
  {
    task: 'messages',
    namespace: 'details/1',
    prepare:
      ({ detail }) =>
      () =>
        detail('1', 'x'),
  },
  {
    task: 'votes',
    namespace: 'votes',
    prepare: ({ namespaces }) => {
      const votes = namespaces.increments('votes')
      return () => votes.add('a')
    },
  },
  {
    task: 'trending',
    namespace: 'trending',
    prepare: ({ namespaces }) => {
      const trending = namespaces.latest('trending')
      return () => trending.publish('a')
    },
  },
]

const HEARTBEAT: Task = {
  task: 'heartbeat',
  namespace: 'eps',
  prepare: ({ env, hub, broadcaster, namespaces, slices, registry }) => {
    const transport = new TransportService({
      calls: null,
      notsentLowatBytes: 1,
      ackTimeoutMs: 40_000,
      heartbeatMs: HEARTBEAT_MS,
      canTakeOver: true,
    })
    const stats = new StreamStatsProvider(hub, broadcaster, transport, namespaces)
    new HeartbeatService(configOf(env), hub, slices, stats, registry).onApplicationBootstrap()
    return () => vi.advanceTimersByTime(HEARTBEAT_MS)
  },
}

/** So many turns, as a task of all slices takes, and the timers of the flushes. */
const settle = () => vi.advanceTimersByTime(60)

describe('an error within a task of the gateway ends the process, once and with the name of the task', () => {
  const fault = new Error('broken')

  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => {
    vi.restoreAllMocks()
    vi.useRealTimers()
  })

  function run({ namespace, prepare }: Task, sabotage: (streams: readonly OpenStream[], world: World) => void): World {
    const world = aWorld(namespace)
    const start = prepare(world)
    const streams = Array.from({ length: STREAMS }, (_, n) => world.open([namespace], { isChunked: n % SLICE === 1 }))
    sabotage(streams, world)
    start()
    settle()
    for (const name of world.registry.getIntervals()) world.registry.deleteInterval(name)
    return world
  }

  for (const task of [...TASKS, HEARTBEAT]) {
    it.each(Array.from({ length: SLICES }, (_, slice) => slice))(`${task.task}: an outlet that throws in slice %i`, (slice) => {
      const { fatal, transport } = run(task, (streams) => {
        for (const { outlet } of streams.slice(slice * SLICE, slice * SLICE + 1)) outlet.fault = fault
      })
      expect(fatal.end.mock.calls).toEqual([[task.task, fault]])
      expect(transport.posts.length).toBeLessThan(SLICE)
    })
  }

  for (const task of TASKS) {
    it.each(Array.from({ length: SLICES }, (_, slice) => slice))(`${task.task}: a commit that throws after slice %i`, (slice) => {
      const { fatal } = run(task, (_streams, { transport }) => {
        const { commit } = transport
        const real = commit.bind(transport)
        let commits = 0
        vi.spyOn(transport, 'commit').mockImplementation(() => {
          if (transport.posts.length > 0 && commits++ === slice) transport.fault = fault
          real()
        })
      })
      expect(fatal.end.mock.calls).toEqual([[task.task, fault]])
    })

    it.each([0, 1, 2, 3, 4, 5])(`${task.task}: an encoder that throws for stream %i`, (stream) => {
      const { fatal } = run(task, () => {
        const real = FrameVariants.prototype.for
        let calls = 0
        vi.spyOn(FrameVariants.prototype, 'for').mockImplementation(function (this: FrameVariants, variant) {
          if (calls++ === stream) throw fault
          return real.call(this, variant)
        })
      })
      expect(fatal.end.mock.calls).toEqual([[task.task, fault]])
    })
  }

  it('heartbeat: a commit that throws, which a write makes first', () => {
    const { fatal } = run(HEARTBEAT, (streams, { transport }) => {
      streams[1]?.subscriber.post(Buffer.from('x'), 1, 0)
      transport.fault = fault
    })
    expect(fatal.end.mock.calls).toEqual([['heartbeat', fault]])
  })

  it('messages: an append to a log that throws', () => {
    const messages = TASKS.filter(({ task }) => task === 'messages')
    for (const task of messages) {
      const { fatal } = run(task, () => {
        vi.spyOn(MessageLog.prototype, 'append').mockImplementation(() => {
          throw fault
        })
      })
      expect(fatal.end.mock.calls).toEqual([['messages', fault]])
    }
  })

  it.each(TASKS)('$task: all is delivered where nothing throws', (task) => {
    let opened: readonly OpenStream[] = []
    const { fatal } = run(task, (streams) => {
      opened = streams
    })
    expect(fatal.end).not.toHaveBeenCalled()
    for (const { subscriber } of opened) expect(subscriber.msgsSent).toBe(1)
  })
})
