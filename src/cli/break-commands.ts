import type { Command } from 'commander'
import type { ApprovalsOptions } from './approvals.ts'
import type { AuditOptions } from './audit.ts'
import type { Note } from './breaks-annotate.ts'
import type { BreaksOptions } from './breaks-list.ts'
import type { ResolveOptions } from './breaks-resolve.ts'
import type { Context, SharedOptions } from './context.ts'
import { type AddLeaf, wholeNumber } from './leaf.ts'
import type { PeriodOptions } from './periods.ts'

/** The commands about breaks, and about what people decide. */

export function addBreakCommands(breaks: Command, leaf: AddLeaf): void {
  const list = addFilters(breaks.command('list'))
  leaf<SharedOptions & BreaksOptions>(list, {
    summary: 'list breaks, newest first',
    examples: ['breaks list --state open --class real', 'breaks list --code missing_external --json'],
    next: 'npx tallystick breaks list --help',
    run: async (context, _args, options) => (await import('./breaks-list.ts')).breaksList(context, options),
  })
  leaf(breaks.command('get').argument('<id>', 'brk_…'), {
    summary: 'show one break',
    examples: ['breaks get brk_…', 'breaks get brk_… --json'],
    next: 'npx tallystick breaks list',
    run: async (context, [id = '']) => (await import('./breaks-get.ts')).breaksGet(context, id),
  })
  leaf(breaks.command('explain').argument('<id>', 'brk_…'), {
    summary: 'what differs in plain words, both records side by side, and what happened since',
    examples: ['breaks explain brk_…', 'breaks explain brk_… --json'],
    next: 'npx tallystick breaks list',
    run: async (context, [id = '']) => (await import('./breaks-get.ts')).breaksExplain(context, id),
  })
  leaf(breaks.command('suggest').argument('<id>', 'brk_…'), {
    summary: 'what may belong to a break that one side alone has, and why; exit 1 when nothing does',
    examples: ['breaks suggest brk_…', 'breaks suggest brk_… --json'],
    next: 'npx tallystick breaks list --state open',
    run: async (context, [id = '']) => (await import('./breaks-suggest.ts')).breaksSuggest(context, id),
  })
  addResolve(breaks, leaf)
  addNotes(breaks, leaf)
  addTables(breaks, leaf)
}

const addFilters = (command: Command): Command =>
  command
    .option('--state <state>', 'open, cleared, resolved')
    .option('--class <class>', 'temporary, real')
    .option('--code <code>', 'amount_mismatch, missing_external, …')
    .option('--source <source>', 'of this source')
    .option('--run <id>', 'found or touched by this run (run_…)')
    .option('--assignee <name>', 'assigned to this name')
    .option('--tag <tag>', 'with this tag')
    .option('--limit <n>', 'at most this many', wholeNumber(1, 10_000), 25)

function addNotes(breaks: Command, leaf: AddLeaf): void {
  const next = 'npx tallystick breaks explain brk_…'
  const write = async (context: Context, id: string, note: Note): Promise<number> =>
    (await import('./breaks-annotate.ts')).breaksAnnotate(context, id, note)
  leaf(breaks.command('assign').argument('<id>', 'brk_…').argument('[name]', 'nobody when left out'), {
    summary: 'say who looks after a break',
    examples: ['breaks assign brk_… ann', 'breaks assign brk_…'],
    next,
    run: (context, [id = '', name]) => write(context, id, { assignee: name ?? null }),
  })
  leaf(breaks.command('comment').argument('<id>', 'brk_…').argument('<text>'), {
    summary: 'add a comment to the history of a break',
    examples: ['breaks comment brk_… "asked the PSP, case 4711"'],
    next,
    run: (context, [id = '', comment = '']) => write(context, id, { comment }),
  })
  const tag = breaks.command('tag').argument('<id>', 'brk_…').argument('<tags...>').option('--remove', 'take them away')
  leaf<SharedOptions & { readonly remove?: boolean }>(tag, {
    summary: 'add tags to a break, or take them away',
    examples: ['breaks tag brk_… waiting-psp', 'breaks tag brk_… waiting-psp --remove'],
    next,
    run: (context, [id = '', ...tags], { remove }) =>
      write(context, id, remove === true ? { remove_tags: tags } : { add_tags: tags }),
  })
  leaf(breaks.command('snooze').argument('<id>', 'brk_…').argument('[day]', 'as 2026-03-03; awake when left out'), {
    summary: 'say until when nobody needs to look at a break; it still counts',
    examples: ['breaks snooze brk_… 2026-03-10', 'breaks snooze brk_…'],
    next,
    run: (context, [id = '', day]) => write(context, id, { snooze_until: day ?? null }),
  })
}

function addTables(breaks: Command, leaf: AddLeaf): void {
  leaf<SharedOptions & { readonly source?: string }>(
    breaks.command('ageing').option('--source <source>', 'of this source'),
    {
      summary: 'open breaks by age, snoozed ones too',
      examples: ['breaks ageing', 'breaks ageing --json'],
      next: 'npx tallystick breaks list',
      run: async (context, _args, options) => (await import('./breaks-ageing.ts')).breaksAgeing(context, options),
    },
  )
  leaf<SharedOptions & BreaksOptions>(addFilters(breaks.command('export')), {
    summary: 'print breaks as CSV, to be edited and imported again',
    examples: ['breaks export --state open --limit 1000 > breaks.csv'],
    next: 'npx tallystick breaks list --help',
    run: async (context, _args, options) => (await import('./breaks-csv.ts')).breaksExport(context, options),
  })
  const back = breaks
    .command('import')
    .argument('<file>', 'as breaks export wrote it')
    .option('--dry-run', 'say what would happen, and do nothing')
  leaf<SharedOptions & { readonly dryRun?: boolean }>(back, {
    summary: 'assign, tag, snooze, comment and resolve as an edited CSV says; exit 1 when a break changed since',
    examples: ['breaks import breaks.csv --dry-run', 'breaks import breaks.csv'],
    next: 'npx tallystick breaks export > breaks.csv',
    run: async (context, [file = ''], { dryRun }) =>
      (await import('./breaks-csv.ts')).breaksImport(context, file, dryRun === true),
  })
}

function addResolve(breaks: Command, leaf: AddLeaf): void {
  const resolve = breaks
    .command('resolve')
    .argument('<id>', 'brk_…')
    .requiredOption(
      '--verb <verb>',
      'match, psp_corrected, book_difference, create_missing_record, mark_duplicate, write_off, correct, not_a_break',
    )
    .requiredOption('--reason <code>', 'same_sale, psp_fee, uncollectable, …; other needs a note')
    .option('--note <text>', 'for whoever reads it later')
    .option('--with <ids...>', 'further breaks that are resolved together with it')
    .option('--as <kind>', 'with book_difference: fee, fx, rounding, other')
    .option('--seller <seller>', 'with create_missing_record: whose sale it is')
    .option(
      '--platform-fee <n>',
      'with create_missing_record: our commission in minor units',
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
    )
    .option('--order <id>', 'with correct: whose seller bears the difference (po_…)')
    .option('--dry-run', 'show what would be booked, and do nothing')
  leaf<SharedOptions & ResolveOptions>(resolve, {
    summary: 'resolve a break, or ask for a second person where one is needed',
    examples: [
      'breaks resolve brk_… --verb book_difference --as fee --reason psp_fee --dry-run',
      'breaks resolve brk_… --verb match --with brk_… --reason same_sale',
    ],
    next: 'npx tallystick breaks explain brk_…',
    run: async (context, [id = ''], options) =>
      (await import('./breaks-resolve.ts')).breaksResolve(context, id, options),
  })
  const undo = breaks
    .command('undo')
    .argument('<id>', 'res_…')
    .requiredOption('--reason <text>', 'why it is taken back')
  leaf<SharedOptions & { readonly reason: string }>(undo, {
    summary: 'take a resolution back: its entry gets its reversal, its breaks are open again',
    examples: ['breaks undo res_… --reason "another sale"'],
    next: 'npx tallystick breaks list --state resolved',
    run: async (context, [id = ''], { reason }) =>
      (await import('./breaks-resolve.ts')).breaksUndo(context, id, reason),
  })
}

export function addApprovalCommands(approvals: Command, leaf: AddLeaf): void {
  const list = approvals
    .command('list')
    .option('--state <state>', 'waiting, approved, rejected, lapsed')
    .option('--kind <kind>', 'resolution, period_reopening')
    .option('--limit <n>', 'at most this many', wholeNumber(1, 10_000), 25)
  leaf<SharedOptions & ApprovalsOptions>(list, {
    summary: 'list what waits for a second person, and what was decided, newest first',
    examples: ['approvals list --state waiting', 'approvals list --json'],
    next: 'npx tallystick approvals list --help',
    run: async (context, _args, options) => (await import('./approvals.ts')).approvalsList(context, options),
  })
  const approve = approvals
    .command('approve')
    .argument('<id>', 'apr_…')
    .option('--note <text>', 'for whoever reads it later')
  leaf<SharedOptions & { readonly note?: string }>(approve, {
    summary: 'agree to what somebody else asked for: it is done; exit 1 when it is your own',
    examples: ['approvals approve apr_…', 'approvals approve apr_… --note "seen on the statement"'],
    next: 'npx tallystick approvals list --state waiting',
    run: async (context, [id = ''], { note }) =>
      (await import('./approvals.ts')).approvalsDecide(context, id, 'approve', note),
  })
  const reject = approvals.command('reject').argument('<id>', 'apr_…').requiredOption('--note <text>', 'why not')
  leaf<SharedOptions & { readonly note: string }>(reject, {
    summary: 'say no to what somebody else asked for',
    examples: ['approvals reject apr_… --note "ask the PSP first"'],
    next: 'npx tallystick approvals list --state waiting',
    run: async (context, [id = ''], { note }) =>
      (await import('./approvals.ts')).approvalsDecide(context, id, 'reject', note),
  })
}

export function addAuditCommands(audit: Command, leaf: AddLeaf): void {
  const list = audit
    .command('list')
    .option('--subject <id>', 'done to this')
    .option('--actor <name>', 'done by this name')
    .option('--action <action>', 'resolution.applied, approval.approved, …')
    .option('--limit <n>', 'at most this many', wholeNumber(1, 10_000), 25)
  leaf<SharedOptions & AuditOptions>(list, {
    summary: 'list what people did, newest first',
    examples: ['audit list', 'audit list --actor ann --json'],
    next: 'npx tallystick audit list --help',
    run: async (context, _args, options) => (await import('./audit.ts')).auditList(context, options),
  })
  leaf(audit.command('verify'), {
    summary: 'recompute the chain of the audit log; exit 1 and name what was changed',
    examples: ['audit verify', 'audit verify --json'],
    next: 'npx tallystick audit list',
    run: async (context) => (await import('./audit.ts')).auditVerify(context),
  })
}

export function addPeriodCommands(periods: Command, leaf: AddLeaf): void {
  leaf(periods.command('list'), {
    summary: 'how far each source is closed, and how it came to that',
    examples: ['periods list', 'periods list --json'],
    next: 'npx tallystick files sources',
    run: async (context) => (await import('./periods.ts')).periodsList(context),
  })
  const close = periods
    .command('close')
    .argument('<source>')
    .requiredOption('--through <day>', 'the last business day to close, as 2026-03-03')
    .requiredOption('--reason <text>', 'for whoever reads it later')
  leaf<SharedOptions & PeriodOptions>(close, {
    summary: 'close business days: nothing of them changes any more; exit 1 and what has to be done before',
    examples: ['periods close simulator --through 2026-03-31 --reason "March is done"'],
    next: 'npx tallystick periods list',
    run: async (context, [source = ''], options) =>
      (await import('./periods.ts')).periodsClose(context, source, options),
  })
  const reopen = periods
    .command('reopen')
    .argument('<source>')
    .option('--closed-through <day>', 'the last day that stays closed; all days are open again when left out')
    .requiredOption('--reason <text>', 'why')
  leaf<SharedOptions & PeriodOptions>(reopen, {
    summary: 'ask a second person to open closed days again',
    examples: ['periods reopen simulator --closed-through 2026-02-28 --reason "a file was of another account"'],
    next: 'npx tallystick periods list',
    run: async (context, [source = ''], options) =>
      (await import('./periods.ts')).periodsReopen(context, source, options),
  })
}
