#!/usr/bin/env node
import { tallystick } from './launch.js'

await tallystick(process.argv.slice(2))
