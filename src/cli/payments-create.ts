import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import type { ApiPayment } from './api-types.ts'
import type { Context } from './context.ts'
import { CliFailure, EXIT, withoutPeriod } from './failure.ts'
import { printPayment } from './payment-view.ts'

export type CreateOptions = { readonly file: string; readonly idempotencyKey?: string; readonly wait: number }

/**
 * Creates the payment that a file describes. Without a key of its own the key comes from the content
 * of the file, so that the same command, repeated after a lost answer, pays once.
 */
export async function paymentsCreate(context: Context, options: CreateOptions): Promise<number> {
  const content = await readContent(context, options.file)
  requireJson(content, options.file)
  const key = options.idempotencyKey ?? `file:${createHash('sha256').update(content).digest('hex')}`
  const client = await context.client()
  context.output.note(`idempotency key: ${key}`)
  const { body: payment, replayed } = await client.postText<ApiPayment>('/v1/payments', content, {
    idempotencyKey: key,
    ...(options.wait > 0 ? { waitSeconds: options.wait } : {}),
  })
  if (replayed) context.output.note('this payment existed: the same key and body were sent before')
  context.show(payment, () => printPayment(context.output, payment))
  return payment.status === 'failed' || payment.status === 'canceled' ? EXIT.negative : EXIT.ok
}

async function readContent(context: Context, file: string): Promise<string> {
  try {
    return file === '-' ? await text(context.io.stdin) : await readFile(resolve(context.io.cwd, file), 'utf8')
  } catch (error) {
    const why = withoutPeriod(error instanceof Error ? error.message : String(error))
    throw new CliFailure({
      message: `${file} cannot be read: ${why}`,
      next: NEXT,
      code: 'file_unreadable',
      cause: error,
    })
  }
}

function requireJson(content: string, file: string): void {
  try {
    JSON.parse(content)
  } catch (error) {
    const why = withoutPeriod(error instanceof Error ? error.message : String(error))
    throw new CliFailure({ message: `${file} is not JSON: ${why}`, next: NEXT, code: 'file_not_json', cause: error })
  }
}

const NEXT = 'npx tallystick payments create --help'
