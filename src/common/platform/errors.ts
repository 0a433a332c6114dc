/**
 * An error that people act on: a stable code for machines, and a message that names what is wrong and the cure.
 * Never holds a secret value.
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

/** What an error says, or whatever else was thrown, in one line. */
export const firstLine = (thrown: unknown): string => String(thrown instanceof Error ? thrown.message : thrown).split('\n', 1)[0] ?? ''
