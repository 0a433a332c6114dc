import { AppError } from '../../common/platform/errors.js'
import { endWithReader, stopSignal } from '../terminal.js'
import { EventStream } from './event-stream.js'
import { LineView } from './line-view.js'
import { streamUrl, takeCredentials } from './stream-url.js'
import { TableView } from './table-view.js'
import type { TailOptions } from './tail-command.js'

/** What a server says that is busy or going, not wrong. */
const PASSING = [408, 429]

/**
 * Follows a stream until it is told to stop. A server that says at the first try that there is no such stream ends it; after that it is expected to
 * come back, whatever it says.
 * @throws AppError ERR_NO_STREAM
 */
export async function runTail({ server, stream, top }: TailOptions, environment: NodeJS.ProcessEnv): Promise<void> {
  const url = streamUrl(server, stream)
  if (url === null) throw noStream(stream, 'no namespace can be called so')
  const headers = takeCredentials(url)
  endWithReader(process)
  const stop = stopSignal()
  const isTable = process.stdout.isTTY && environment['TERM'] !== 'dumb' && (stream === 'eps' || stream === 'raw')
  const view = isTable ? new TableView(stream, url, top, process.stdout) : new LineView(stream, url, process.stdout, process.stderr)

  let hasBeenOpen = false
  const end = await new Promise<string | null>((resolve) => {
    const events = new EventStream(
      url,
      headers,
      {
        onEvent: (name, data) => view.event(name, data),
        onOpen: () => {
          hasBeenOpen = true
          view.changed('open')
        },
        onLost: (reason, status) => {
          if (!hasBeenOpen && status !== null && status < 500 && !PASSING.includes(status)) settle(reason)
          else view.changed(`trying again: ${reason}`)
        },
      },
      Math.random,
    )
    const settle = (reason: string | null) => {
      events.close()
      resolve(reason)
    }
    stop.addEventListener('abort', () => settle(null), { once: true })
  })
  view.close()
  if (end !== null) throw noStream(url.href, end)
}

const noStream = (what: string, reason: string) =>
  new AppError('ERR_NO_STREAM', `no stream at ${what} (${reason}): try --stream eps, raw or details/2665, and see --server`)
