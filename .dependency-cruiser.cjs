/**
 * The import rules. Imports point one way:
 *
 *   main.ts → bootstrap → app.module.ts → modules/<name> → common → packages
 *   main.ts, bootstrap → http, cluster → common
 *   cli.ts → main.ts, cli/<command> → common
 *
 * The modules talk through the event bus, so that a feature can be removed, or run by a test, alone.
 * Type imports count too: a type is knowledge of the other side as well.
 */

const SPEC = '\\.spec\\.ts$'

/** Time and randomness come in as parameters, so a test needs neither a server nor a wait. */
const PURE = [
  '^src/common/(core|score-log)/',
  '^src/common/emoji/(?!load-emoji)',
  '^src/common/config/[^/]+\\.schema\\.ts$',
  '^src/cli/(feed/pacer|tail/(continuity|score-counter|sse-reader|stream-url))\\.ts$',
]

const GATEWAY = '^src/modules/stream-gateway/'

/** A room of the gateway imports nothing of its other rooms but the files that match. */
const room = (name, comment, ...others) => ({
  name: `gateway-${name}`,
  comment,
  severity: 'error',
  from: { path: `${GATEWAY}${name}/`, pathNot: SPEC },
  to: { path: GATEWAY, pathNot: `${GATEWAY}(${[`${name}/`, ...others].join('|')})` },
})

/** Every import whose file lies in one of these packages, wherever npm has put it. */
const packages = (...names) => `(^|/)node_modules/(${names.join('|')})/`

module.exports = {
  forbidden: [
    {
      name: 'common-knows-no-module',
      comment: 'src/common is the basis of the modules.',
      severity: 'error',
      from: { path: '^src/common/' },
      to: { path: '^src/', pathNot: '^src/common/' },
    },
    {
      name: 'cluster-knows-no-application',
      comment: 'The primary starts processes and relays between them; it knows nothing of the application that they run.',
      severity: 'error',
      from: { path: '^src/cluster/' },
      to: { path: '^src/', pathNot: '^src/(cluster|common)/' },
    },
    {
      name: 'module-knows-no-cluster',
      comment: 'A module sums over workers through the relay of src/common, and works the same without any.',
      severity: 'error',
      from: { path: '^src/modules/' },
      to: { path: '^src/cluster/' },
    },
    {
      name: 'module-knows-no-root',
      comment: 'The root files, bootstrap and http put the modules together; a module that needs one of them belongs there.',
      severity: 'error',
      from: { path: '^src/modules/' },
      to: { path: '^src/([^/]+$|(bootstrap|http)/)' },
    },
    {
      name: 'command-knows-no-application',
      comment: 'feed and tail talk to a Redis or a server; only cli.ts, which serves as well, starts the application.',
      severity: 'error',
      from: { path: '^src/cli/' },
      to: { path: '^src/', pathNot: '^src/(cli|common)/' },
    },
    {
      name: 'nobody-knows-the-commands',
      comment: 'The application runs without them.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli(/|\\.ts$)' },
      to: { path: '^src/cli(/|\\.ts$)' },
    },
    {
      name: 'no-sibling-module',
      comment: 'Modules talk through the event bus and the ports of src/common, which global modules provide.',
      severity: 'error',
      from: { path: '^src/modules/([^/]+)/', pathNot: SPEC },
      to: { path: '^src/modules/', pathNot: '^src/modules/$1/' },
    },
    room('transport', 'It moves bytes, and knows neither streams nor requests.'),
    room('fan-out', 'It writes to outlets, whatever they are made of.', '(transport/(outlet|transport\\.service)\\.ts$)'),
    room('eps', 'It chooses among fan-outs for the options of a stream of eps.', 'fan-out/'),
    room('admission', 'It counts the streams of the hub, and knows no request but to refuse it.', 'fan-out/'),
    room('plugin-streams', 'They are logs and fan-outs like those of the server.', 'fan-out/'),
    room('lifecycle', 'It looks at the streams from the side.', 'fan-out/', 'plugin-streams/', 'transport/'),
    {
      name: 'gateway-requests',
      comment: 'Requests come first: they call the other rooms, and no room calls back.',
      severity: 'error',
      from: { path: '^src/', pathNot: [`${GATEWAY}requests/`, `${GATEWAY}stream-gateway\\.module\\.ts$`] },
      to: { path: `${GATEWAY}requests/` },
    },
    {
      name: 'plug-in-surface-is-common',
      comment: 'Plug-ins get the same parts of src/common as the modules; no module of the server is public.',
      severity: 'error',
      from: { path: '^src/plugin\\.ts$' },
      to: { path: '^src/', pathNot: '^src/common/' },
    },
    {
      name: 'nobody-knows-the-plug-in-surface',
      comment: 'It is the entry from outside; the server itself imports the files that it names.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^src/plugin\\.ts$' },
    },
    {
      name: 'no-cycle',
      comment: 'Two files that need each other are one file, or lack a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'pure-needs-no-framework',
      comment: 'Pure files reach Nest, RxJS, Fastify and Redis neither directly nor through another file.',
      severity: 'error',
      from: { path: PURE, pathNot: SPEC },
      to: { path: packages('@nestjs', 'rxjs', 'fastify', '@fastify', 'ioredis'), reachable: true },
    },
    {
      name: 'pure-does-no-io',
      comment: 'Pure files reach no input or output of Node, neither directly nor through another file.',
      severity: 'error',
      from: { path: PURE, pathNot: SPEC },
      to: { path: '^(node:)?(net|tls|dns|dgram|http|https|http2|fs|child_process|cluster|worker_threads)(/|$)', reachable: true },
    },
    {
      name: 'redis-at-the-edge',
      comment: 'Only these folders use Redis; all other parts get its data through the event bus.',
      severity: 'error',
      from: { pathNot: '^src/(common/platform/redis\\.|cli/feed/|modules/(redis-ingest|positions|admin-reporter)/)' },
      to: { path: [packages('ioredis'), '^src/common/platform/redis\\.ts$'] },
    },
    {
      name: 'no-import-of-a-spec',
      comment: 'Code that two specs share is a helper in test/support.',
      severity: 'error',
      from: {},
      to: { path: SPEC },
    },
    {
      name: 'no-development-package',
      comment: 'The program must run where only its dependencies are installed.',
      severity: 'error',
      from: { path: '^src/', pathNot: SPEC },
      to: { dependencyTypes: ['npm-dev'] },
    },
    {
      name: 'no-unresolvable-import',
      comment: 'An import that leads nowhere would slip past every rule above.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
  },
}
