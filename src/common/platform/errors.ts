/**
 * An error for the operator or developer: a stable code for programs, and a message that names the fault and the cure.
 * It never holds a secret value.
 */
export class AppError extends Error {
  override readonly name = 'AppError'

  constructor(
    readonly code: `ERR_${string}`,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** The maximum length of a first line: some messages quote a peer. */
const MAX_LINE = 500

/** The first line of an error's message, or of any other thrown value; for several errors in one, of each of them. */
export function firstLine(thrown: unknown): string {
  // Node's error for a name with several addresses, none of which accepts the connection, has no message.
  if (thrown instanceof AggregateError && thrown.message === '') return thrown.errors.map(firstLine).join('; ').slice(0, MAX_LINE)
  const [line = ''] = String(thrown instanceof Error ? thrown.message : thrown).split('\n', 1)
  return line.slice(0, MAX_LINE)
}
