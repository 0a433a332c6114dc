import { once } from 'node:events'
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants, type IncomingHttpHeaders } from 'node:http2'
import { Watch } from '../waiting/watch.js'
import { isMessage, type SseBlock, type SseMessage, SseParser } from '../wire/sse-parser.js'

/** One HTTP/2 connection over TLS, for any number of requests. */
export class Http2Client {
  private constructor(private readonly session: ClientHttp2Session) {}

  /** Connects to a port of loopback, which must present the certificate. */
  static async connect(port: number, certificate: string): Promise<Http2Client> {
    const session = connect(`https://localhost:${port}`, { ca: certificate })
    await once(session, 'connect')
    return new Http2Client(session)
  }

  /** Sends a request and waits for the head of its answer. */
  async get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Http2Answer> {
    const stream = this.session.request({ ':path': path, ...headers })
    const head = await new Promise<IncomingHttpHeaders>((resolve, reject) => stream.once('response', resolve).once('error', reject))
    return new Http2Answer(stream, head)
  }

  close(): void {
    this.session.destroy()
  }
}

/** An answer over HTTP/2; its body is read as an event stream. */
export class Http2Answer {
  readonly status: number
  readonly blocks: SseBlock[] = []
  ended = false
  readonly #watch = new Watch(
    () => (this.ended ? 'it has ended' : undefined),
    () => `${this.blocks.length} blocks`,
  )

  constructor(
    private readonly stream: ClientHttp2Stream,
    readonly headers: IncomingHttpHeaders,
  ) {
    this.status = Number(headers[':status'])
    const parser = new SseParser((block) => this.blocks.push(block))
    stream.on('data', (bytes: Buffer) => {
      parser.push(bytes)
      this.#watch.notify()
    })
    stream.on('close', () => {
      this.ended = true
      this.#watch.notify()
    })
    // A reset; `ended` says so.
    stream.on('error', () => undefined)
  }

  messages(): SseMessage[] {
    return this.blocks.filter(isMessage)
  }

  until<T>(what: string, check: (answer: this) => T | undefined | false, deadlineMs = 10_000): Promise<T> {
    return this.#watch.until(what, () => check(this), deadlineMs)
  }

  /** Gives this answer up and leaves the connection open, as a browser does when its page closes an EventSource. */
  cancel(): void {
    this.stream.close(constants.NGHTTP2_CANCEL)
  }
}
