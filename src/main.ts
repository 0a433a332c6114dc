import { endInFailure } from './common/end-in-failure.js'
import { start } from './start.js'

start(process.env).catch(endInFailure)
