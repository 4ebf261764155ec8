#!/usr/bin/env node
import { launch } from './launch.js'
import { endLike } from './supervise.js'

endLike(await launch(process.argv.slice(2)))
