import { fileURLToPath } from 'node:url'

/** The path of the simulator's program, to be run with Node: TypeScript in the repository, JavaScript when built. */
export function simulatorProgram(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return fileURLToPath(new URL(`./server/main.${extension}`, import.meta.url))
}
