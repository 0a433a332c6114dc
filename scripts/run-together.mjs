import { spawn } from 'node:child_process'

/**
 * Runs Node programs together, and ends all of them when one ends or this process is asked to. Of an `optional` one it prints that it has
 * ended, and the others go on.
 */
export function runTogether(programs) {
  let isStopping = false
  const running = new Set()
  const stop = () => {
    isStopping = true
    for (const child of running) child.kill()
  }
  for (const { args, optional = false } of programs) {
    const child = spawn(process.execPath, args, { stdio: 'inherit' })
    running.add(child)
    child.on('exit', (code, signal) => {
      running.delete(child)
      if (isStopping) return
      if (optional) console.error(`${args.join(' ')} has ended (${signal ?? `code ${code}`}); the rest goes on`)
      else stop()
    })
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
}
