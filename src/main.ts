import { start } from './bootstrap/start.js'
import { exitWithError } from './common/platform/process.js'

start(process.env).catch(exitWithError)
