// The costs of the steps of the hot path, each alone. `npm run bench:micro -- WORD` measures only the steps with that word in their name,
// and `--late` a server that has run for 25 days and has streamed 2^31 updates.
import { textTable } from '../shared/text-table.js'
import { isLate, shiftClock } from './age.js'
import { fanOutCases } from './fan-out-cases.js'
import { frameCases } from './frame-cases.js'
import { ingestCases } from './ingest-cases.js'
import { logCases } from './log-cases.js'
import { measure } from './measure.js'

shiftClock()
const word = process.argv.slice(2).find((argument) => !argument.startsWith('--')) ?? ''
const cases = [...frameCases, ...logCases(), ...fanOutCases(), ...ingestCases()].filter(({ name }) => name.includes(word))
const rows = cases.map((each) => {
  const { name, median, lower, upper } = measure(each)
  return [name, ...[median, lower, upper].map((ns) => ns.toFixed(ns < 100 ? 1 : 0))]
})
console.log(textTable([[isLate ? 'ns, late' : 'ns', 'median', 'lower quartile', 'upper quartile'], ...rows]))
