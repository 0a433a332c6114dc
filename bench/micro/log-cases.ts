import { EPS } from '../../src/common/core/namespace.js'
import { encodeEventName } from '../../src/common/core/sse-frame.js'
import { ScoreSummary } from '../../src/common/score-log/score-summary.js'
import type { Case } from './measure.js'
import { allIds, drawnIds, fullLog, logOf } from './sample-log.js'

const EPS_NAME = encodeEventName(EPS)
const HOT_IDS = 7
const CURSORS = 100
const BETWEEN_CURSORS = 60

export const logCases = (): readonly Case[] => [
  appending('append, 7 hot ids', allIds.slice(0, HOT_IDS)),
  appending('append, 850 ids by weight', drawnIds()),
  summing('sum and JSON of 7 updates', allIds.slice(0, HOT_IDS)),
  summing('sum and JSON of 850 updates by weight', drawnIds().slice(0, 850)),
  summing('sum and JSON of 850 updates, all different', allIds),
  catchingUp(),
]

function appending(name: string, ids: readonly Buffer[]): Case {
  const log = fullLog()
  const run = () => {
    for (const id of ids) log.append(id)
    return log.position
  }
  return { name: `${name}, per update`, ops: ids.length, run }
}

function summing(name: string, ids: readonly Buffer[]): Case {
  const log = logOf(ids)
  const summary = new ScoreSummary(log, EPS_NAME)
  const run = () => {
    summary.reset(log.position).extendTo(log.position - ids.length)
    return summary.toData().length
  }
  return { name, run }
}

/** The cost of subscribers that are behind: one pass over the log, and the JSON of a frame at each cursor. */
function catchingUp(): Case {
  const log = fullLog()
  const summary = new ScoreSummary(log, EPS_NAME)
  const run = () => {
    summary.reset(log.position)
    let bytes = 0
    for (let back = 1; back <= CURSORS; back++) {
      summary.extendTo(log.position - back * BETWEEN_CURSORS)
      bytes += summary.toData().length
    }
    return bytes
  }
  return { name: `backward pass over ${CURSORS} cursors, ${BETWEEN_CURSORS} updates apart, per cursor`, ops: CURSORS, run }
}
