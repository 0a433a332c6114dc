import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { fileURLToPath } from 'node:url'
import type { BrowserContext, Page } from 'playwright-core'
import { freePort } from '../servers/free-port.js'
import { eventually } from '../waiting/eventually.js'

/** The client as it is published: built, in one file. */
export const BUILT_CLIENT = fileURLToPath(new URL('../../../dist/client/index.js', import.meta.url))

/** The events of its client that a tab has seen. */
interface Seen {
  readonly states: readonly {
    readonly name: string
    readonly namespaces?: readonly string[]
    readonly refused?: readonly string[]
    readonly status?: number
  }[]
  readonly gaps: readonly (readonly string[])[]
  /** `event: data` of the frames of each namespace. */
  readonly frames: Readonly<Record<string, readonly string[]>>
  /** The sums of the increments of eps. */
  readonly counts: readonly (readonly [id: string, count: number])[]
  /** The totals that it follows. */
  readonly totals: readonly (readonly [id: string, total: number])[]
  /** All totals of each id that it counts. */
  readonly counted: Readonly<Record<string, readonly number[]>>
}

/** Runs in the page. */
const SCRIPT = `
import { connect, Totals } from './client.js'
const sums = new Totals()
const totals = new Totals()
const seen = { states: [], gaps: [], frames: {}, counted: {} }
const ends = {}
let client
window.tab = {
  connect(options) {
    client = connect(options)
    client.on('state', (state) => seen.states.push(state))
    client.on('gap', ({ namespaces }) => seen.gaps.push(namespaces))
  },
  subscribe(namespace, how = 'subscribe') {
    const frames = (seen.frames[namespace] ??= [])
    ends[namespace] = client[how](namespace, (data, event) => {
      frames.push(event + ': ' + data)
      if (namespace === 'eps') sums.add(data)
    })
  },
  follow() {
    ends.totals = client.follow(totals)
  },
  count(id) {
    seen.counted[id] = []
    ends[id] = client.counter(id, (total) => seen.counted[id].push(total))
  },
  unsubscribe: (namespace) => ends[namespace](),
  close: () => client.close(),
  seen: () => ({ ...seen, counts: [...sums.entries()], totals: [...totals.entries()] }),
}`

/** A web server with an empty page that has loaded the built client, under a policy that lets it reach one server and nothing else. */
export class ClientPages {
  private constructor(
    readonly origin: string,
    private readonly server: Server,
  ) {}

  static async start(reached: string): Promise<ClientPages> {
    const client = await readFile(BUILT_CLIENT)
    const files: Readonly<Record<string, readonly [type: string, body: string | Buffer]>> = {
      '/': ['text/html', '<!doctype html><meta charset="utf-8"><title>tab</title><script type="module" src="/page.js"></script>'],
      '/page.js': ['text/javascript', SCRIPT],
      '/client.js': ['text/javascript', client],
    }
    const server = createServer(({ url = '' }, response) => {
      const [type, body] = files[url] ?? ['text/plain', '']
      response.setHeader('content-security-policy', `default-src 'none'; script-src 'self'; connect-src ${reached}`)
      response.setHeader('content-type', type).end(body)
    })
    const port = await freePort()
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    return new ClientPages(`http://127.0.0.1:${port}`, server)
  }

  stop(): void {
    this.server.close()
    this.server.closeAllConnections()
  }
}

/** A tab with a client. */
export class ClientTab {
  /** Errors of the console and of scripts. A failed request is an error of the console, too. */
  readonly faults: string[] = []

  private constructor(readonly page: Page) {}

  /** Opens a tab whose client connects to `url`, and subscribes. Tabs of one context share storage and locks, as in one browser. */
  static async open(context: BrowserContext, origin: string, url: string, namespaces: readonly string[] = []): Promise<ClientTab> {
    const tab = new ClientTab(await context.newPage())
    tab.page.on('console', (message) => {
      if (message.type() === 'error') tab.faults.push(message.text())
    })
    tab.page.on('pageerror', (error) => tab.faults.push(error.message))
    await tab.page.goto(`${origin}/`)
    await eventually('the module is loaded', () => tab.page.evaluate<boolean>('window.tab !== undefined'))
    await tab.call('connect', { url })
    for (const namespace of namespaces) await tab.subscribe(namespace)
    return tab
  }

  async subscribe(namespace: string): Promise<void> {
    await this.call('subscribe', namespace)
  }

  /** Follows the latest value of a namespace. */
  async latest(namespace: string): Promise<void> {
    await this.call('subscribe', namespace, 'latest')
  }

  /** Follows the totals of all ids. */
  async follow(): Promise<void> {
    await this.call('follow')
  }

  /** Counts one id. */
  async count(id: string): Promise<void> {
    await this.call('count', id)
  }

  async unsubscribe(namespace: string): Promise<void> {
    await this.call('unsubscribe', namespace)
  }

  async closeClient(): Promise<void> {
    await this.call('close')
  }

  async seen(): Promise<Seen> {
    return this.page.evaluate<Seen>('window.tab.seen()')
  }

  async counts(): Promise<Map<string, number>> {
    return new Map((await this.seen()).counts.map(([id, count]) => [id, count]))
  }

  async totals(): Promise<Map<string, number>> {
    return new Map((await this.seen()).totals.map(([id, total]) => [id, total]))
  }

  /** Waits until its client reports this state last; `open`: with exactly these namespaces. */
  async until(name: string, namespaces?: readonly string[], deadlineMs?: number): Promise<void> {
    const wanted = JSON.stringify(namespaces)
    const see = async () => {
      const last = (await this.seen()).states.at(-1)
      if (last?.name === name && (wanted === undefined || JSON.stringify(last.namespaces) === wanted)) return true
      throw new Error(`it is ${JSON.stringify(last)}`)
    }
    await eventually(`the client is ${name} ${wanted ?? ''}`, see, deadlineMs)
  }

  private async call(name: string, ...args: readonly unknown[]): Promise<void> {
    await this.page.evaluate(`window.tab.${name}(${args.map((each) => JSON.stringify(each)).join(', ')})`)
  }
}
