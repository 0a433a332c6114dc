import type { RenewalConfig } from '../../common/config/app-config.js'
import { DETAILS, detailId, EPS, RAW } from '../../common/core/namespace.js'
import type { AudienceKind } from './audience.js'

/** How much earlier than planned a stream may be closed, so that those that came together don't come back together. */
const JITTER = 0.2

/** What becomes of a stream in time. */
export interface Renewal {
  /** What its client is told at the start to wait before it comes back; null where it is told nothing. */
  readonly retryMs: number | null
  /** How long the stream lives at most; Infinity where no close is planned. */
  readonly lifeMs: number
}

/**
 * Raw, eps and multiplexed streams follow the score pair, details the detail pair, those of plug-ins none; the age bound holds for all.
 * @param random 0 to 1
 */
export function renewalOf(
  kind: Pick<AudienceKind, 'namespaces' | 'isNamed'>,
  isForced: boolean,
  config: RenewalConfig,
  random: number,
): Renewal {
  const pair = isForced ? pairOf(kind, config) : null
  const longestMs = Math.min(config.maxAgeMs, pair?.closeMs ?? Number.POSITIVE_INFINITY)
  return { retryMs: pair?.retryMs ?? null, lifeMs: longestMs * (1 - JITTER * random) }
}

function pairOf({ namespaces: [first = ''], isNamed }: Pick<AudienceKind, 'namespaces' | 'isNamed'>, { score, detail }: RenewalConfig) {
  if (isNamed || first === EPS || first === RAW) return score
  return first === DETAILS || detailId(first) !== null ? detail : null
}
