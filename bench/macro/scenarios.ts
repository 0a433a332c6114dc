import { hotIds } from './feed/feed-ids.js'
import { EPS_PATH } from './paths.js'
import { details, type Scenario, scenario, scores } from './scenario.js'

const detailPaths = hotIds(60).map((id) => `/subscribe/details/${id}`)

/** Of 100 clients 2 listen to eps and 1 to raw, whose frames are the youngest on arrival; the others get nothing but heartbeats. */
const mostlyIdle = [EPS_PATH, EPS_PATH, '/subscribe/raw', ...Array<string>(97).fill('/subscribe/details/NOTHING')]

/** Every scenario by name. 400 updates a second are what the production of emojitracker has. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  eps100: scenario('100 clients of eps', 100),
  eps1000: scenario('1000 clients of eps', 1000),
  eps5000: scenario('5000 clients of eps: more than one processor can serve 60 times a second', 5000),
  raw100: scenario('100 clients of raw', 100, { paths: ['/subscribe/raw'] }),
  details2000: scenario('2000 clients of details, over the 60 most frequent ids', 2000, { paths: detailPaths, feed: details(400) }),
  ingest: scenario('50,000 updates a second, for one client', 1, { feed: scores(50_000), costsPerUpdate: true }),
  idle10k: scenario('10,000 clients to whom nothing is sent', 10_000, {
    paths: ['/subscribe/details/NOTHING'],
    feed: scores(1),
    seconds: 3,
  }),
  reports10k: scenario('10,000 clients, 300 of whom get frames: are they late because of a report?', 10_000, {
    paths: mostlyIdle,
    seconds: 15,
    pollsHealth: true,
  }),
  storm5k: scenario('5000 clients connect at once', 5000, { isStorm: true, seconds: 5 }),
  reconnect5k: scenario('the server of 5000 clients is restarted; each tries again every 0.5 to 1 s', 5000, {
    isRestarted: true,
    seconds: 5,
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
    feed: scores(8000, 'long'),
    seconds: 40,
    pollsHealth: true,
    recordsMemory: true,
  }),
  overload: scenario('as eps5000, for a minute: does the server still answer, is its memory flat', 5000, {
    seconds: 60,
    pollsHealth: true,
    recordsMemory: true,
  }),
}
