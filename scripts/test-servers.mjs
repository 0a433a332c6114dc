// The tests talk to a real Redis from several languages, a real Carbon, a real browser, real proxies, Prometheus' own checker and slowhttptest.
// On Debian and its derivatives, this script installs the missing ones, as root or through a sudo without a password; elsewhere it names them and fails.
import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Program → its package on Debian. */
const NEEDED = new Map([
  ['redis-server', 'redis-server'],
  ['chromium', 'chromium'],
  ['carbon-cache', 'graphite-carbon'],
  ['whisper-fetch', 'python3-whisper'],
  ['nginx', 'nginx'],
  ['caddy', 'caddy'],
  ['haproxy', 'haproxy'],
  ['docker-compose', 'docker-compose'],
  ['promtool', 'prometheus'],
  ['faketime', 'faketime'],
  ['slowhttptest', 'slowhttptest'],
  ['ip', 'iproute2'],
  ['ruby', 'ruby'],
  ['php', 'php-cli'],
])

/** Package on Debian → a program that fails without its library. */
const LIBRARIES = new Map([
  ['python3-redis', ['/usr/bin/python3', '-c', 'import redis']],
  ['ruby-redis', ['ruby', '-e', 'require "redis"']],
  ['php-redis', ['php', '-r', 'exit(extension_loaded("redis") ? 0 : 1);']],
])

// For `sh -ec`, with the packages as arguments. Without a policy, Debian starts servers on the usual ports; the tests start their own on
// free ports.
const INSTALL = `
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  chmod +x "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq -o DPkg::Lock::Timeout=120 install --no-install-recommends --yes "$@"
`

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const isInstalled = (program) =>
  [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/sbin'].some((folder) => isExecutable(join(folder, program)))
const succeeds = (command, ...args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0
/** The packages of the missing programs and libraries. */
const missing = () => [
  ...[...NEEDED].filter(([program]) => !isInstalled(program)).map(([, name]) => name),
  ...[...LIBRARIES].filter(([, program]) => !succeeds(...program)).map(([name]) => name),
]

/** The words in front of a command that make it run as root; undefined if that needs a password. */
function asRoot() {
  if (process.getuid?.() === 0) return []
  return succeeds('sudo', '-n', 'true') ? ['sudo', '-n'] : undefined
}

function install(packages) {
  const root = succeeds('apt-get', '--version') ? asRoot() : undefined
  if (root === undefined) return
  console.error(`installing ${packages.join(', ')} for the tests …`)
  const [command, ...args] = [...root, 'sh', '-ec', INSTALL, 'sh', ...packages]
  spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] })
}

if (missing().length > 0) install(missing())

const still = missing()
if (still.length > 0) {
  console.error(`The tests need ${still.join(', ')}. On Debian or Ubuntu:`)
  console.error(`  sudo apt-get update && sudo apt-get install --no-install-recommends ${still.join(' ')}`)
  console.error('Elsewhere install Redis 6.2 or later, Chromium, Carbon, nginx, Caddy, HAProxy, docker-compose, Prometheus, faketime,')
  console.error('slowhttptest, iproute2, and Python, Ruby and PHP with their clients for Redis.')
  console.error(`The PATH must lead to ${[...NEEDED.keys()].join(', ')}.`)
  process.exitCode = 1
}
