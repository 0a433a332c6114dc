import { supervise } from './cluster/supervise.js'
import { AppError } from './common/app-error.js'
import { loadConfig } from './common/config/load-config.js'
import { serve } from './serve.js'

async function main(): Promise<void> {
  const config = loadConfig(process.env)
  if (config.workers > 1 && config.worker === null) supervise(config)
  else await serve(config)
}

main().catch((error: unknown) => {
  const isExpected = error instanceof AppError || (error instanceof Error && 'syscall' in error)
  process.stderr.write(`emojitrack-streamer: ${isExpected ? error.message : error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(1)
})
