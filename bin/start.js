// What `npm start` runs.
import { tallystick } from './launch.js'

await tallystick(['start', ...process.argv.slice(2)])
