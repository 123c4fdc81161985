import { parentPort, workerData } from 'node:worker_threads'
import { type Task, work } from './work.ts'

/** Does a share of the sets on a thread of its own. */
const done = await work(workerData as Task, () => parentPort?.postMessage({ kind: 'set' }))
parentPort?.postMessage({ kind: 'done', done })
