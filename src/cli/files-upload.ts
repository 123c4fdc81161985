import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import type { UploadedFile } from './api-client.ts'
import type { ApiFile } from './api-night-types.ts'
import type { Context } from './context.ts'
import { CliFailure, EXIT, withoutPeriod } from './failure.ts'
import { printFile } from './files-get.ts'
import { createWaiting } from './progress.ts'

/** Hands a settlement file in, and says what became of it. Sent again, the same bytes are found and change nothing. */
export async function filesUpload(context: Context, path: string, source: string | undefined): Promise<number> {
  const client = await context.client()
  const file = await openFile(resolve(context.io.cwd, path))
  const waiting = createWaiting(context.io, `uploading ${file.name}`)
  try {
    const { body } = await client.upload<ApiFile>('/v1/settlement_files', { source }, file)
    waiting.stop()
    const files = [body, ...(body.others ?? [])]
    context.show(body, () => printAll(context, files))
    for (const each of files) report(context, each)
    return files.every(({ status }) => status === 'accepted') ? EXIT.ok : EXIT.negative
  } finally {
    waiting.stop()
    file.bytes.destroy()
  }
}

function printAll({ output }: Context, files: readonly ApiFile[]): void {
  files.forEach((file, index) => {
    if (index > 0) output.line('')
    printFile(output, file)
  })
}

function report({ output }: Context, file: ApiFile): void {
  if (file.duplicate_of !== undefined) {
    output.note(`these bytes were received before, on ${file.received_at}, as ${file.duplicate_of}: nothing changed`)
  }
  if (file.status === 'rejected') {
    output.note(
      `it was rejected: ${withoutPeriod(file.rejection ?? 'no reason is known')}; run: npx tallystick files get ${file.id}`,
    )
  }
}

async function openFile(path: string): Promise<UploadedFile> {
  try {
    const found = await stat(path)
    if (!found.isFile()) throw new Error('it is not a file')
    return { name: basename(path), bytes: createReadStream(path), size: found.size }
  } catch (error) {
    throw new CliFailure({
      message: `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      next: 'npx tallystick files upload --help',
      code: 'file_unreadable',
      cause: error,
    })
  }
}
