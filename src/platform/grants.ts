import pg, { type ClientBase } from 'pg'
import { lockNumber } from './exclusive.ts'

/** Rows of these are written once and never again; triggers of the ledger say so too, but the app has not even the right. */
const APPEND_ONLY = [
  'journal_entry',
  'posting',
  'ledger_account',
  'ledger_batch',
  'ledger_anchor',
  'ledger_close',
  'manual_entry',
  'blob',
  'blob_piece',
  'settlement_file',
  'settlement_statement',
  'settlement_withdrawal',
  'intake_file',
  'intake_line_returned',
  'recon_break_event',
  'settled_charge',
  'unsettled_charge',
  'payout',
  'payout_undone',
  'payout_arrival',
  'payout_arrival_undone',
  'approval',
  'approval_decision',
  'break_resolution_break',
  'break_note',
  'audit_log',
  'period_event',
  'period_reopening',
  'psp_webhook_secret',
]
/**
 * Rows of these are in the way once they have served: what was handed over and is in the line again, and what the live view
 * knows of records that a run has compared. Nothing else is ever deleted.
 */
const PASSING = ['handover', 'live_file', 'live_item', 'live_told', 'live_touched']
/** Of breaks the app changes how they stand; what was found, and of which records, is written once. */
const UPDATED_COLUMNS: Readonly<Record<string, string>> = {
  recon_break: `state, class, code, promoted_at, cleared_in_run, cleared_at, resolution_id, resolved_at, reopened_at,
    assignee, tags, snoozed_until`,
}
/** Tables of which the app may update no row, or not all of it. What an earlier version granted beyond that is taken away. */
export const NEVER_UPDATED_WHOLE: readonly string[] = [...APPEND_ONLY, ...Object.keys(UPDATED_COLUMNS)]
/** Kept by the migrations alone. */
export const MIGRATIONS_TABLE = 'schema_migration'

function privilegesOn(table: string): string {
  if (table === MIGRATIONS_TABLE) return 'select'
  if (PASSING.includes(table)) return 'select, insert, update, delete'
  const columns = UPDATED_COLUMNS[table]
  if (columns !== undefined) return `select, insert, update (${columns})`
  return APPEND_ONLY.includes(table) ? 'select, insert' : 'select, insert, update'
}

/** Gives the app's role exactly what it needs in the schema, and takes away whatever it had beyond that. */
export async function grantToApp(client: ClientBase, schema: string, role: string): Promise<void> {
  const app = pg.escapeIdentifier(role)
  const name = pg.escapeIdentifier(schema)
  const tables = await client.query<{ tablename: string }>('select tablename from pg_tables where schemaname = $1', [
    schema,
  ])
  const grants = tables.rows.map(
    ({ tablename }) => `grant ${privilegesOn(tablename)} on ${name}.${pg.escapeIdentifier(tablename)} to ${app};`,
  )
  await client.query(
    [
      'begin;',
      // Nodes that start together would change the same rows of the catalogue, and all but one fail.
      `select pg_advisory_xact_lock(${lockNumber(schema, 'grants')});`,
      `revoke all on all tables in schema ${name} from ${app};`,
      `revoke all on schema ${name} from ${app};`,
      `grant usage on schema ${name} to ${app};`,
      `grant usage on all sequences in schema ${name} to ${app};`,
      ...grants,
      'commit;',
    ].join('\n'),
  )
}
