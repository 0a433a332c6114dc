import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// CI adds up the tests of several runs, and names here the file for each run's report.
const report = process.env['VITEST_JSON']

/** A real server, a real Redis or a real browser has to start first. Three files at a time keep two cores busy: half of the time a test waits. */
const REAL_THINGS = { pool: 'forks', maxWorkers: 3, testTimeout: 60_000, hookTimeout: 60_000 } as const

/** What tests the streams, by file: it runs with both writers, send(2) and Node's own sockets. */
const STREAM_TESTS = [
  'browser/browser',
  'http/http-edges',
  'http/stream-headers',
  'http/writer',
  'lifecycle/drain',
  'lifecycle/stop',
  'limits/hostile-clients',
  'limits/limits',
  'limits/limits-workers',
  'limits/slow-clients',
  'limits/slow-queues',
  'plugins/plug-ins',
  'streams/cleanup',
  'streams/eps-exactness',
  'streams/heartbeat',
  'streams/many-clients',
  'streams/multiplexed',
  'streams/payloads',
  'streams/renewal',
  'streams/stream-ids',
  'streams/streams',
].map((name) => `test/e2e/${name}.e2e-spec.ts`)

// Vite's Oxc transform takes the decorator options from tsconfig.json, so Nest's injection by type needs no plug-in.
export default defineConfig({
  test: {
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    // One project after the other: latencies that e2e measures should not depend on what the unit tests burn meanwhile.
    projects: [
      {
        extends: true,
        // Those of the examples too need no build.
        resolve: { alias: { 'emojitrack-streamer/plugin': fileURLToPath(new URL('src/plugin.ts', import.meta.url)) } },
        test: {
          name: 'unit',
          include: ['src/**/*.spec.ts', 'web/**/*.spec.ts', 'test/docs/**/*.spec.ts', 'examples/*/src/**/*.spec.ts'],
          // A process per file costs three times the CPU of all tests. Each file still gets modules of its own; it shares Node's and the packages'.
          // Forks, not threads: some specs change the working folder.
          pool: 'forks',
          isolate: false,
          setupFiles: ['test/setup/leave-no-trace.ts'],
          sequence: { groupOrder: 0 },
        },
      },
      { extends: true, test: { name: 'e2e', include: ['test/e2e/**/*.e2e-spec.ts'], sequence: { groupOrder: 1 }, ...REAL_THINGS } },
      {
        extends: true,
        test: {
          name: 'e2e-plain',
          include: STREAM_TESTS,
          sequence: { groupOrder: 2 },
          // ServerProcess hands it on to the servers.
          env: { NATIVE_SEND: 'off' },
          ...REAL_THINGS,
        },
      },
      {
        extends: true,
        test: { name: 'conformance', include: ['test/e2e/**/*.conformance-spec.ts'], sequence: { groupOrder: 3 }, ...REAL_THINGS },
      },
    ],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      // main.ts runs only in the child processes of the e2e tests, which coverage does not see.
      exclude: ['src/**/*.spec.ts', 'src/main.ts'],
      reporter: ['text', 'html'],
      thresholds: { lines: 80 },
    },
  },
})
