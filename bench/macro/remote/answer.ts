import { z } from 'zod'

/** What a helper process sends back: a value, or why there is none. */
export const answerSchema = z.union([z.object({ value: z.unknown() }), z.object({ error: z.string() })])

type Answer = z.infer<typeof answerSchema>

/** Makes this process a helper: it carries out one command after another, and ends with the process that started it. */
export function answerCommands<Command>(schema: z.ZodType<Command>, carryOut: (command: Command) => Promise<unknown>): void {
  process.on('disconnect', () => process.exit(0))
  // Ctrl-C reaches the whole group of processes; the one that started this one decides what it means.
  process.on('SIGINT', () => undefined)
  process.on('message', (message) => {
    // Wrapped, so that a command that can't be read is an answer as well.
    Promise.resolve()
      .then(() => carryOut(schema.parse(message)))
      .then(
        (value) => send({ value }),
        (error: unknown) => send({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
      )
  })
}

const send = (answer: Answer) => void process.send?.(answer)
