/** A metric's name below the node's path, and its value now. */
export type Metric = readonly [name: string, value: number]

const NEWLINE = 0x0a

/**
 * One report in Carbon's plaintext protocol: `<path>.<name> <value> <epoch s>` and a line feed for each metric. What is no finite number is left out:
 * Carbon would drop it. `atMs` in Unix ms.
 */
export function encodeReport(path: string, metrics: readonly Metric[], atMs: number): string {
  const atS = Math.floor(atMs / 1000)
  return metrics
    .filter(([, value]) => Number.isFinite(value))
    .map(([name, value]) => `${path}.${name} ${plain(value)} ${atS}\n`)
    .join('')
}

/** At most three decimals, and no exponent below 10^21. */
const plain = (value: number): string => String(Math.round(value * 1000) / 1000)

/** Cuts a report at line ends into parts of at most `maxBytes`; a longer line is a part of its own. */
export function* datagrams(report: Buffer, maxBytes: number): Generator<Buffer, void> {
  for (let start = 0; start < report.length; ) {
    let end = report.length
    if (end - start > maxBytes) {
      end = report.lastIndexOf(NEWLINE, start + maxBytes - 1) + 1
      if (end <= start) end = report.indexOf(NEWLINE, start) + 1 || report.length
    }
    yield report.subarray(start, end)
    start = end
  }
}
