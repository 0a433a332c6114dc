/** What an error says, or whatever else was thrown, in one line. */
export const firstLine = (thrown: unknown): string => String(thrown instanceof Error ? thrown.message : thrown).split('\n', 1)[0] ?? ''
