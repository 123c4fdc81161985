import { type Db, type Queryable, statement } from '../db.ts'
import { auditHash } from './append.ts'

/** A row of the audit log. */
export type AuditRow = {
  readonly seq: bigint
  readonly at: Date
  readonly keyId: string | null
  readonly actor: string
  readonly action: string
  readonly object: string
  readonly detail: Readonly<Record<string, unknown>>
  readonly requestId: string | null
  readonly hash: Buffer
}

export type AuditFilter = {
  readonly object?: string | undefined
  readonly actor?: string | undefined
  readonly action?: string | undefined
  readonly limit: number
  /** `seq` of the last one seen. */
  readonly before?: bigint | undefined
}

const LIST = statement(
  'audit.list',
  `select seq, at, key_id as "keyId", actor, action, object, detail, request_id as "requestId", hash from audit_log
    where ($1::text is null or object = $1) and ($2::text is null or actor = $2) and ($3::text is null or action = $3)
      and ($4::bigint is null or seq < $4) order by seq desc limit $5`,
)

/** Newest first. */
export async function listAudit(
  db: Queryable,
  { object, actor, action, before, limit }: AuditFilter,
): Promise<{ readonly data: readonly AuditRow[]; readonly hasMore: boolean }> {
  const rows = await db.run<AuditRow>(LIST, [object, actor, action, before, limit + 1])
  return { data: rows.slice(0, limit), hasMore: rows.length > limit }
}

const PAGE = statement(
  'audit.page',
  `select seq, at, key_id as "keyId", actor, action, object, detail::text as detail, request_id as "requestId", previous_hash as previous, hash
     from audit_log where seq > $1 order by seq limit 1000`,
)
const HEAD = statement('audit.read_head', 'select seq, hash from audit_head')
const GENESIS = statement('audit.genesis', `select sha256(convert_to('tallystick audit log', 'UTF8')) as hash`)

type Page = Omit<AuditRow, 'detail'> & { readonly detail: string; readonly previous: Buffer }

export type AuditVerification = {
  readonly ok: boolean
  readonly rows: bigint
  readonly head: Buffer
  readonly findings: readonly { readonly seq: bigint; readonly detail: string }[]
}

const FINDINGS_MAX = 100

/** Recomputes every hash of the log from what its table says now, against one snapshot. */
export const verifyAudit = (db: Db): Promise<AuditVerification> =>
  db.transaction(
    async (tx) => {
      await tx.query(`set local statement_timeout = '15min'`)
      const findings: { seq: bigint; detail: string }[] = []
      const find = (seq: bigint, detail: string): void => {
        if (findings.length < FINDINGS_MAX) findings.push({ seq, detail })
      }
      let previous = (await tx.run<{ hash: Buffer }>(GENESIS))[0]?.hash ?? Buffer.alloc(0)
      let last = 0n
      let rows = 0n
      for (;;) {
        const page = await tx.run<Page>(PAGE, [last])
        for (const row of page) {
          if (row.seq !== last + 1n) find(row.seq, `The rows from ${last + 1n} to ${row.seq - 1n} are gone.`)
          if (!row.previous.equals(previous)) find(row.seq, 'It does not follow the row before it.')
          const { seq, keyId, actor, action, object, detail, requestId } = row
          const facts = { seq, atMs: row.at.getTime(), keyId, actor, action, object, detail, requestId }
          if (!auditHash(row.previous, facts).equals(row.hash)) find(row.seq, 'It is not what was written.')
          previous = row.hash
          last = row.seq
          rows += 1n
        }
        if (page.length === 0) break
      }
      const [head] = await tx.run<{ seq: bigint; hash: Buffer }>(HEAD)
      if (head === undefined || head.seq !== last || !head.hash.equals(previous))
        find(last, `The log ends at row ${last}, and its head says ${head?.seq ?? 'nothing'}.`)
      return { ok: findings.length === 0, rows, head: previous, findings }
    },
    { isolation: 'repeatable read' },
  )
