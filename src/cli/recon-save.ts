import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { formatSaved, type Mapping } from '../recon/index.ts'
import type { Context } from './context.ts'
import { pathIn } from './recon-options.ts'

const NAME = 'recon.yaml'
const SEAL = /^# unedited ([0-9a-f]{16})\n/

/** Saves the mapping beside the work. One that somebody edited is never overwritten: that is what the seal tells. */
export async function saveMapping({ io, output }: Context, { specs }: Mapping): Promise<void> {
  if (specs === undefined) return
  const path = pathIn(io.cwd, NAME)
  const body = formatSaved(specs)
  try {
    const there = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (there !== undefined && !isUnedited(there)) {
      output.note(`${NAME} is there and was edited: it is left as it is, and used only with --config ${NAME}`)
      return
    }
    await writeFile(path, `# unedited ${sealOf(body)}\n${body}`)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    output.note(`${NAME} cannot be written here (${String(error.code)})`)
  }
}

const sealOf = (body: string): string => createHash('sha256').update(body).digest('hex').slice(0, 16)

function isUnedited(text: string): boolean {
  const match = SEAL.exec(text)
  return match !== null && match[1] === sealOf(text.slice(match[0].length))
}
