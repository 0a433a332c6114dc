import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LiveStack } from '../../support/servers/live-stack.js'
import { complaints } from '../../support/servers/server-log.js'
import { afterOpening } from '../../support/wire/opening.js'

const KIOSK = '/subscribe/kiosk_interaction'
const MIXED = '/subscribe?stream=eps&stream=details/2665'

/** The retry that each kind of stream starts with under SSE_FORCE_REFRESH, and whether the server closes the stream within two seconds. */
const FORCED = [
  ['/subscribe/eps', 70, true],
  ['/subscribe/raw', 70, true],
  [MIXED, 70, true],
  ['/subscribe/details', 90, false],
  ['/subscribe/details/2665', 90, false],
  [KIOSK, 1, false],
] as const

const PATHS = FORCED.map(([path]) => path)

/** How long a stream was open, ms, as far as its client can tell. */
async function lifeOf(stack: LiveStack, path: string): Promise<{ ms: number; body: string }> {
  const startMs = performance.now()
  const client = await stack.open(path)
  expect(await client.ended).toEqual({ clean: true })
  return { ms: performance.now() - startMs, body: client.body }
}

describe.each([{}, { WORKERS: '2' }])('with SSE_FORCE_REFRESH (%o)', (workers) => {
  let stack: LiveStack

  beforeAll(async () => {
    stack = await LiveStack.start({
      SSE_FORCE_REFRESH: 'true',
      // The least time, which is not spread.
      RETRY_MS: '1',
      SSE_SCORE_RETRY_MS: '70',
      SSE_DETAIL_RETRY_MS: '90',
      SSE_SCORE_FORCECLOSE_SEC: '2',
      SSE_DETAIL_FORCECLOSE_SEC: '3600',
      ENABLE_KIOSK_INTERACTION_STREAM: 'true',
      ...workers,
    })
  })
  afterAll(() => stack.stop())

  // At the same time, since they mostly wait.
  it.concurrent.each(FORCED)('%s begins with a retry of %s and is closed: %s', async (path, retryMs, isClosed) => {
    const startMs = performance.now()
    const client = await stack.open(path)
    expect(client.head?.headers.get('x-sse-cleanup-requested')).toBe('true')
    const opening = `:ok\n\nretry:${retryMs}\n\n`
    await client.until('the opening', ({ body }) => body === opening)
    if (!isClosed) return
    expect(await client.ended).toEqual({ clean: true })
    expect(client.body).toBe(opening)
    // Up to a fifth early, up to a sweep late.
    expect(performance.now() - startMs).toBeGreaterThan(1500)
  })

  it('details outlive the streams that are closed', async () => {
    const [detail, kiosk, scores] = await Promise.all([stack.open('/subscribe/details'), stack.open(KIOSK), stack.open('/subscribe/eps')])
    await scores.ended
    await stack.feeder.publish('stream.tweet_updates.A', 'x')
    await stack.feeder.publish('stream.interaction.request', 'x')
    for (const client of [detail, kiosk]) await client.until('it streams on', ({ frames }) => frames === 1)
    expect(complaints(stack.server)).toEqual([])
  })
})

describe('with MAX_CONNECTION_AGE_S', () => {
  let stack: LiveStack

  beforeAll(async () => {
    stack = await LiveStack.start({ MAX_CONNECTION_AGE_S: '2', ENABLE_KIOSK_INTERACTION_STREAM: 'true' })
  })
  afterAll(() => stack.stop())

  it.concurrent.each(PATHS)('%s is closed in order, after a time of its own', async (path) => {
    const lives = await Promise.all(Array.from({ length: 8 }, () => lifeOf(stack, path)))
    for (const { ms, body } of lives) {
      expect(ms).toBeGreaterThan(1500)
      expect(afterOpening(body)).toBe('')
    }
  })
})

it('without either, each stream gets a retry: of its own around RETRY_MS, and none is closed', async () => {
  const times = { SSE_SCORE_FORCECLOSE_SEC: '1', SSE_DETAIL_FORCECLOSE_SEC: '1' }
  const [stack, first] = await Promise.all([
    LiveStack.start({ ENABLE_KIOSK_INTERACTION_STREAM: 'true', RETRY_MS: '1000', ...times }),
    LiveStack.start({ MAX_CONNECTION_AGE_S: '3' }),
  ])
  const clients = await Promise.all(PATHS.map((path) => stack.open(path)))
  // This takes longer than the close times of the streams above.
  await lifeOf(first, '/subscribe/eps')
  await first.stop()
  for (const { body, head } of clients) expect([afterOpening(body), head?.headers.has('x-sse-cleanup-requested')]).toEqual(['', false])
  const retries = clients.map(({ body }) => Number(/retry:(\d+)/.exec(body)?.[1]))
  expect(Math.min(...retries)).toBeGreaterThanOrEqual(500)
  expect(Math.max(...retries)).toBeLessThanOrEqual(1500)
  expect(new Set(retries).size).toBeGreaterThan(1)
  await stack.stop()
})

it('the lesser of both wins', async () => {
  const stack = await LiveStack.start({ SSE_FORCE_REFRESH: '1', SSE_SCORE_FORCECLOSE_SEC: '3600', MAX_CONNECTION_AGE_S: '1' })
  const { body } = await lifeOf(stack, '/subscribe/eps')
  expect(body).toBe(':ok\n\nretry:100\n\n')
  await stack.stop()
})
