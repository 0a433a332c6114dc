import { hotIds } from './feed/feed-ids.js'
import { details, type Scenario, scenario, scored, scores, scoresWithPosts } from './scenario.js'
import { DETAILS_PATH, EPS_PATH, multiplexed, RAW_PATH } from './wire.js'

const FEED_IDS = 850

const detailPaths = (count: number) => hotIds(count).map((id) => `${DETAILS_PATH}/${id}`)

/** The ids of the feed, then others that never come. */
const filterPaths = (count: number) => {
  const ids = hotIds(FEED_IDS)
  return each(count, (index) => `${EPS_PATH}/${ids[index] ?? `OWN-${index}`}`)
}

/** A stream to which nothing is sent. */
const IDLE_PATH = `${DETAILS_PATH}/NOTHING`

/** Of 100 clients 2 listen to eps and 1 to raw, whose frames are the youngest on arrival; the others receive heartbeats only. */
const mostlyIdle = [EPS_PATH, EPS_PATH, RAW_PATH, ...Array<string>(97).fill(IDLE_PATH)]

const each = (count: number, path: (index: number) => string) => Array.from({ length: count }, (_, index) => path(index))

/** The window beside clients that never read: it begins with the first update, and the server closes those clients within it. */
const besideDead = { seconds: 20, warmUpMs: 0, pollsHealth: true, measuresTurns: true, measuresGaps: true, recordsMemory: true } as const

const besideCrowd = { seconds: 10, pollsHealth: true, measuresTurns: true, measuresGaps: true, recordsMemory: true } as const

/** Two workers, 20 clients with exact sums, and beside them `streams` clients that pause and hang up. */
const soaking = (streams: number, hangUpsPerSecond: number, seconds: number) =>
  scenario(`${streams} clients that pause and hang up, while Redis restarts and workers are killed; exact for those that stay`, 20, {
    crowd: {
      paths: each(streams, (index) => (index % 2 === 0 ? EPS_PATH : multiplexed('eps', 'details/#'))),
      hangUpsPerSecond,
      pauses: true,
    },
    isSoak: true,
    seconds,
  })

/** Every scenario by name. The production of emojitracker has 400 updates a second. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  eps100: scenario('100 clients of eps', 100),
  eps1000: scenario('1000 clients of eps', 1000),
  eps5000: scenario('5000 clients of eps: more than one processor can serve 60 times a second', 5000),
  resume1000: scenario('1000 clients of eps with event ids, against 1000 without', 1000, {
    paths: [`${EPS_PATH}?resume=1`],
    reference: { label: 'without', paths: [EPS_PATH] },
    feed: scored(400),
  }),
  filters20k: scenario('20,000 clients, each of the increments of an id of its own, 850 of which come, beside 10 of eps', 10, {
    crowd: { paths: filterPaths(20_000), hangUpsPerSecond: 0, pauses: false },
    costsPerUpdate: true,
    ...besideCrowd,
  }),
  rate5000: scenario('5000 clients of eps with rate=10, against 5000 that get every flush', 5000, {
    paths: [`${EPS_PATH}?rate=10`],
    reference: { label: 'every flush', paths: [EPS_PATH] },
    costsPerUpdate: true,
  }),
  raw100: scenario('100 clients of raw', 100, { paths: [RAW_PATH] }),
  'raw-own': scenario('1000 clients of raw and an id of their own on one connection, against 1000 of raw alone', 1000, {
    paths: each(1000, (index) => multiplexed('raw', `details/OWN-${index}`)),
    reference: { label: 'raw alone', paths: [RAW_PATH] },
    feed: scores(100),
    costsPerUpdate: true,
  }),
  details2000: scenario('2000 clients of details, over the 60 most frequent ids', 2000, { paths: detailPaths(60), feed: details(400) }),
  details5000: scenario('5000 clients of the details of one id, 20 posts a second', 5000, {
    paths: detailPaths(1),
    feed: details(20, { ids: 'one' }),
    pollsHealth: true,
    measuresTurns: true,
  }),
  ingest: scenario('50,000 updates a second, for one client', 1, { feed: scores(50_000), costsPerUpdate: true }),
  'junk-ids': scenario('90,000 ids that come once, then the usual ones: from which second on are the sums exact', 10, {
    feed: scores(400, { junk: 90_000 }),
    seconds: 12,
    warmUpMs: 0,
    measuresTurns: true,
    pollsHealth: true,
  }),
  distinct2000: scenario('10 clients of eps beside 2000 of raw, each with an id of its own, under 5000 updates a second', 10, {
    crowd: { paths: each(2000, (index) => multiplexed('raw', `details/OWN-${index}`)), hangUpsPerSecond: 0, pauses: false },
    feed: scores(5000),
    ...besideCrowd,
  }),
  names2000: scenario('as distinct2000 with eps for raw; 200 clients a second hang up, and return with another id', 10, {
    crowd: { paths: each(2000, () => multiplexed('eps', 'details/#')), hangUpsPerSecond: 200, pauses: false },
    feed: scores(5000),
    ...besideCrowd,
  }),
  idle10k: scenario('10,000 clients to which nothing is sent', 10_000, { paths: [IDLE_PATH], feed: scores(1), seconds: 3 }),
  reports10k: scenario('10,000 clients, 300 of which get frames: are they late because of a report?', 10_000, {
    paths: mostlyIdle,
    seconds: 15,
    pollsHealth: true,
  }),
  storm5k: scenario('5000 clients connect at once', 5000, { isStorm: true, seconds: 5 }),
  snapshot5k: scenario('5000 clients connect at once, each for a snapshot of 850 ids, against 5000 without', 5000, {
    paths: [`${EPS_PATH}?snapshot=1`],
    reference: { label: 'without', paths: [EPS_PATH] },
    feed: scored(400),
    isStorm: true,
    seconds: 5,
  }),
  reconnect5k: scenario('the server of 5000 clients is restarted; each tries again every 0.5 to 1 s', 5000, {
    isRestarted: true,
    seconds: 5,
  }),
  'dead-raw': scenario('10 clients of eps beside 600 of raw that never read, under 3000 updates a second', 10, {
    dead: each(600, () => RAW_PATH),
    feed: scores(3000),
    ...besideDead,
  }),
  'dead-mixed': scenario('10 clients of eps beside 400 of raw and all posts that never read, under 1500 updates a second with posts', 10, {
    dead: each(400, (index) => multiplexed('raw', 'details', `details/OWN-${index}`)),
    feed: scoresWithPosts(1500, { postLength: 540 }),
    ...besideDead,
  }),
  stalled: scenario('200 of 600 clients never read, under 8000 updates a second', 600, {
    neverRead: 200,
    feed: scores(8000),
    seconds: 40,
    pollsHealth: true,
    recordsMemory: true,
  }),
  stalls2000: scenario('2000 clients pause for 0.2 to 3 s again and again, under 8000 updates a second of long ids', 2000, {
    pauses: true,
    feed: scores(8000, { ids: 'long' }),
    seconds: 40,
    pollsHealth: true,
    recordsMemory: true,
  }),
  stalled1000: scenario('500 of 1000 clients never read, under 2000 updates a second of long ids', 1000, {
    neverRead: 500,
    feed: scores(2000, { ids: 'long' }),
    seconds: 20,
    pollsHealth: true,
    recordsMemory: true,
  }),
  // Each stream lives for 30 s: a tenth of five minutes.
  soak: soaking(2000, 67, 1800),
  soak200: soaking(200, 100, 20),
  overload: scenario('as eps5000, for a minute: does the server still answer, is its memory flat', 5000, {
    seconds: 60,
    pollsHealth: true,
    recordsMemory: true,
  }),
}
