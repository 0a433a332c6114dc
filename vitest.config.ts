import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// CI adds up the tests of several runs, and names here the file for each run's report.
const report = process.env['VITEST_JSON']

/** Each test spends half of its time waiting for a real server, Redis or browser, so four files at a time keep two cores busy. */
const REAL_THINGS = { pool: 'forks', maxWorkers: 4, testTimeout: 60_000, hookTimeout: 60_000 } as const

/**
 * The specs that depend on the writer (bytes, backpressure, closes, descriptors). They run with both: send(2) and Node's own sockets. The
 * list leaves out the decisions that come before a stream has a writer (admission, ids, cleanup requests), the timers (heartbeat,
 * renewal), and the browser, which gets the same bytes from both.
 */
const WRITER_TESTS = [
  'http/http-edges',
  'http/stream-headers',
  'http/writer',
  'lifecycle/drain',
  'lifecycle/stop',
  'limits/connections',
  'limits/hostile-clients',
  'limits/slow-clients',
  'limits/slow-queues',
  'plugins/plug-ins',
  'streams/eps-exactness',
  'streams/many-clients',
  'streams/multiplexed',
  'streams/payloads',
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
          // A process for each file costs three times the CPU of the tests themselves. The modules of src are loaded anew for each file;
          // those of Node and of the packages are shared. Forks, not threads: one spec changes the working folder.
          pool: 'forks',
          isolate: false,
          // A property test takes 1 to 3 s of CPU, and more where the machine has other work.
          testTimeout: 30_000,
          setupFiles: ['test/setup/leave-no-trace.ts'],
          sequence: { groupOrder: 0 },
        },
      },
      { extends: true, test: { name: 'e2e', include: ['test/e2e/**/*.e2e-spec.ts'], sequence: { groupOrder: 1 }, ...REAL_THINGS } },
      {
        extends: true,
        test: {
          name: 'e2e-plain',
          include: WRITER_TESTS,
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
