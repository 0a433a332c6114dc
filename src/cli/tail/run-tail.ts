import { AppError } from '../../common/platform/errors.js'
import type { TailOptions } from '../program.js'
import { endWithReader, stopSignal } from '../terminal.js'
import { Continuity } from './continuity.js'
import { EventStream } from './event-stream.js'
import { scoreForm } from './score-counter.js'
import { streamUrl, takeCredentials, withOptIns } from './stream-url.js'
import { LineView, TableView } from './views.js'

/** The 4xx codes of a server that is busy or shutting down. */
const TEMPORARY_STATUSES = [408, 429]

/**
 * Follows a stream until a signal. A server that refuses the stream at the first attempt ends the command; after the first success it
 * retries after any error.
 * @throws AppError ERR_NO_STREAM
 */
export async function runTail({ server, stream, top, snapshot, totals }: TailOptions, environment: NodeJS.ProcessEnv): Promise<void> {
  const url = streamUrl(server, stream)
  if (url === null) throw noStream(stream, 'the name is not a valid namespace')
  const headers = takeCredentials(url)
  endWithReader(process)
  const stop = stopSignal()
  const form = scoreForm(stream, totals === true)
  const isTable = process.stdout.isTTY && environment['TERM'] !== 'dumb'
  const view =
    isTable && form !== null
      ? new TableView(form, url, top, process.stdout)
      : new LineView(stream, form, url, process.stdout, process.stderr)
  const continuity = new Continuity()

  let hasBeenOpen = false
  const end = await new Promise<string | null>((resolve) => {
    const events = new EventStream(
      withOptIns(url, { snapshot, totals }),
      headers,
      {
        onEvent: (name, data) => {
          const notice = continuity.notice(name, data)
          if (notice === null) view.event(name, data)
          else view.note(notice)
        },
        onOpen: (isResumed) => {
          hasBeenOpen = true
          continuity.open(isResumed)
          view.changed('open')
        },
        onLost: (reason, status) => {
          if (!hasBeenOpen && status !== null && status < 500 && !TEMPORARY_STATUSES.includes(status)) finish(reason)
          else view.changed(`retrying: ${reason}`)
        },
      },
      Math.random,
    )
    const finish = (reason: string | null) => {
      events.close()
      resolve(reason)
    }
    stop.addEventListener('abort', () => finish(null), { once: true })
  })
  view.close(continuity.summary)
  if (end !== null) throw noStream(url.href, end)
}

const noStream = (address: string, reason: string) =>
  new AppError('ERR_NO_STREAM', `no stream at ${address} (${reason}): try --stream eps, raw or details/2665, and see --server`)
