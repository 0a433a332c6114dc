/** CLOCK_MONOTONIC in ns: comparable between the processes of one machine. Exact to the ns for the first hundred days after boot. */
export const nowNs = (): number => Number(process.hrtime.bigint())
