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

/** The first line of an error's message, or of any other thrown value. */
export const firstLine = (thrown: unknown): string => String(thrown instanceof Error ? thrown.message : thrown).split('\n', 1)[0] ?? ''
