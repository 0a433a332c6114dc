import { start } from './bootstrap/start.js'
import { endInFailure } from './common/platform/process.js'

start(process.env).catch(endInFailure)
