import { EPS, isOfEps } from '../../../common/core/namespace.js'
import { MAX_RATE } from '../fan-out/audience.js'

/** The options of a stream, as its query and the header Last-Event-ID say them. */
export interface StreamOptions {
  /** The server tells the client the name of its stream, for a cleanup. */
  readonly wantsToken: boolean
  /** Frames carry ids. */
  readonly isResumable: boolean
  /** The id after which the stream is to continue, as sent, malformed or not; null for none. */
  readonly lastEventId: string | null
  /** The totals of all ids come before any increment. */
  readonly wantsSnapshot: boolean
  /** Frames of eps carry totals in place of increments. */
  readonly hasTotals: boolean
  /** The most frames of eps in a second. */
  readonly rate: number
}

/** Why a request is refused: the parameter, and the cure. */
export interface OptionFault {
  readonly status: 400
  readonly message: string
}

/** The options of a request that names none. */
export const NO_OPTIONS: StreamOptions = {
  wantsToken: false,
  isResumable: false,
  lastEventId: null,
  wantsSnapshot: false,
  hasTotals: false,
  rate: MAX_RATE,
}
/** Longer than any id: what is longer is malformed, and is kept no longer. */
const MAX_LAST_EVENT_ID = 128
const FLAGS = ['token', 'resume', 'snapshot', 'totals'] as const
/** The options that only a stream with eps has. */
const OF_EPS = ['snapshot', 'totals', 'rate'] as const
const LAST_EVENT_ID = 'last_event_id'
/** No id of a stream has this form. */
const MALFORMED = '?'

/**
 * Reads the options of a stream. A bad id is no fault: an EventSource that got an error status would never come back, so the stream opens,
 * and says that it could not resume.
 * @param header of Last-Event-ID, which wins over the query; browsers send it when they reconnect by themselves
 */
export function parseStreamOptions(
  query: string,
  header: string | readonly string[] | undefined,
  namespaces: readonly string[],
): StreamOptions | OptionFault {
  const parameters = new URLSearchParams(query)
  const fault = faultOf(parameters, namespaces)
  if (fault !== null) return { status: 400, message: fault }
  const given = givenId(parameters, header)
  const hasTotals = parameters.has('totals')
  return {
    wantsToken: parameters.has('token'),
    isResumable: given !== null || parameters.has('resume'),
    lastEventId: given === '' ? null : given,
    wantsSnapshot: hasTotals || parameters.has('snapshot'),
    hasTotals,
    rate: Number(parameters.get('rate') ?? MAX_RATE),
  }
}

function faultOf(parameters: URLSearchParams, namespaces: readonly string[]): string | null {
  for (const name of FLAGS) if (parameters.getAll(name).some((value) => value !== '1')) return `${name} must be 1, or left out`
  const rates = parameters.getAll('rate')
  if (!rates.every(isRate)) return `rate must be a whole number from 1 to ${MAX_RATE}, or left out`
  if (new Set(rates).size > 1) return 'rate must be given once'
  if (namespaces.some(isOfEps)) return null
  const name = OF_EPS.find((each) => parameters.has(each))
  return name === undefined ? null : `${name} is for streams with ${EPS}: leave it out, or ask for ${EPS} as well`
}

const isRate = (value: string) => /^[1-9]\d?$/.test(value) && Number(value) <= MAX_RATE

/** The id that a request names; '' where it is empty, as that of an EventSource before its first id. Two different ids are none. */
function givenId(parameters: URLSearchParams, header: string | readonly string[] | undefined): string | null {
  const [id, ...more] = header ? [header].flat() : new Set(parameters.getAll(LAST_EVENT_ID))
  if (id === undefined) return null
  return more.length > 0 || id.length > MAX_LAST_EVENT_ID ? MALFORMED : id
}
