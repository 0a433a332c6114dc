import { z } from 'zod'

/** The answer of a helper process: a value, or an error text. */
export const answerSchema = z.union([z.object({ value: z.unknown() }), z.object({ error: z.string() })])

type Answer = z.infer<typeof answerSchema>

/** Makes this process a helper. It carries out one command after another, and ends with its parent process. */
export function answerCommands<Command>(schema: z.ZodType<Command>, carryOut: (command: Command) => Promise<unknown>): void {
  process.on('disconnect', () => process.exit(0))
  // Ctrl-C reaches the whole group of processes. The parent decides on the end of its helpers.
  process.on('SIGINT', () => undefined)
  process.on('message', (message) => {
    // In a promise, so that a malformed command gives an answer as well.
    Promise.resolve()
      .then(() => carryOut(schema.parse(message)))
      .then(
        (value) => send({ value }),
        (error: unknown) => send({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
      )
  })
}

const send = (answer: Answer) => void process.send?.(answer)
