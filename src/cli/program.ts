import { Command } from 'commander'
import { addApprovalCommands, addAuditCommands, addBreakCommands, addPeriodCommands } from './break-commands.ts'
import type { ImportOptions } from './checkouts-import.ts'
import type { SharedOptions } from './context.ts'
import type { FilesOptions } from './files-list.ts'
import type { Io } from './io.ts'
import {
  type AddGroup,
  type AddLeaf,
  addSharedOptions,
  answerUsageErrors,
  createLeaf,
  type Report,
  wholeNumber,
} from './leaf.ts'
import type { EntriesOptions } from './ledger-entries.ts'
import type { ParseOptions } from './parse.ts'
import type { CreateOptions } from './payments-create.ts'
import type { ListOptions } from './payments-list.ts'
import type { ReconOptions } from './recon-options.ts'
import { addRuleCommands } from './rule-commands.ts'
import { addRunCommands } from './run-commands.ts'
import type { SettlementFileOptions } from './simulator-settlement-file.ts'
import type { StatementOptions } from './wallets-statement.ts'

/** The whole command tree. Nothing of a command is loaded here but its name, options and help. */
export function createProgram(io: Io, report: Report): Command {
  const program = new Command('tallystick')
    .description('Payments for many sellers in one checkout, wallets, a double-entry ledger.')
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      // The message is printed once, as our own sentence, where the error is caught.
      outputError: () => {},
    })
    .helpCommand('help [command]', 'show the help of a command')
  addSharedOptions(program)
  answerUsageErrors(program, report)
  const leaf = createLeaf(io, report)
  const group: AddGroup = (name, description) =>
    answerUsageErrors(program.command(name).description(description), report)

  addServerCommands(program, leaf)
  addCheckoutCommands(group, leaf)
  addPaymentCommands(program, group, leaf)
  addLedgerCommands(group, leaf)
  addWalletCommands(group, leaf)
  addFileCommands(group, leaf)
  addParse(program, leaf)
  addRecon(program, leaf)
  addRunCommands(group('runs', 'reconciliation runs'), leaf)
  addBreakCommands(group('breaks', 'differences that runs found, and what people do about them'), leaf)
  addApprovalCommands(group('approvals', 'what needs a second person'), leaf)
  addPeriodCommands(group('periods', 'business days that are closed'), leaf)
  addAuditCommands(group('audit', 'the log of what people did'), leaf)
  addRuleCommands(group('rules', 'versions of the rules by which sources are reconciled'), leaf)
  addSimulatorCommands(group, leaf)
  addVersion(program, leaf)
  program.addHelpText('after', '\nStart with: npm start, then npx tallystick payments list')
  return program
}

function addServerCommands(program: Command, leaf: AddLeaf): void {
  addHandedOver(program, 'start', 'run the database, the PSP simulator, the API and the workers', async (argv) =>
    (await import('./start.ts')).runStart(argv),
  )
  addHandedOver(program, 'migrate', 'bring the database schema to this version', async (argv) =>
    (await import('./migrate.ts')).runMigrate(argv),
  )
  leaf(program.command('doctor'), {
    summary: 'check this machine, the server and its books, and say how to fix what is wrong',
    examples: ['doctor', 'doctor --json'],
    next: 'npm start',
    run: async (context) => (await import('./doctor.ts')).doctor(context),
  })
  leaf(program.command('demo'), {
    summary: 'seed demo data once: payments in every state, on a test-mode server',
    examples: ['demo', 'demo --json'],
    next: 'npx tallystick doctor',
    run: async (context) => (await import('./demo.ts')).demo(context),
  })
}

/** `start` and `migrate` read their own options and print their own help. */
function addHandedOver(
  program: Command,
  name: string,
  summary: string,
  run: (argv: string[]) => Promise<unknown>,
): void {
  const command = program.command(name).summary(summary).description(summary)
  command
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .passThroughOptions()
    .argument('[options...]')
    .action(async (argv: string[]) => {
      const { home, json } = program.opts<SharedOptions>()
      await run([...(home === undefined ? [] : ['--home', home]), ...(json === true ? ['--json'] : []), ...argv])
    })
}

function addCheckoutCommands(group: AddGroup, leaf: AddLeaf): void {
  const checkouts = group('checkouts', 'real checkouts')
  const command = checkouts
    .command('import')
    .argument('<file>', 'a CSV file with one line per item')
    .option('--map <columns>', 'checkout=COL,seller=COL,amount=COL[+COL…],currency=COL|CODE')
    .option('--minor', 'amounts are whole minor units (cents), not 12.50')
    .option('--decimal-comma', 'amounts are written 12,50')
    .option('--payment-method <token>', 'what every checkout is paid with', 'pm_test_visa')
    .option('--batch <n>', 'checkouts per request', wholeNumber(1, 1_000), 100)
    .option('--concurrency <n>', 'requests at the same time', wholeNumber(1, 64), 4)
  leaf<SharedOptions & ImportOptions>(command, {
    summary: 'replay a CSV of checkout lines; a second or interrupted run creates nothing twice',
    examples: [
      'checkouts import items.csv',
      'checkouts import items.csv --map checkout=order_id,seller=seller_id,amount=price+freight_value,currency=BRL',
      'checkouts import items.csv --minor --json',
    ],
    next: 'npx tallystick doctor',
    run: async (context, [file = ''], options) =>
      (await import('./checkouts-import.ts')).checkoutsImport(context, file, options),
  })
}

function addPaymentCommands(program: Command, group: AddGroup, leaf: AddLeaf): void {
  const payments = group('payments', 'payment events')
  const list = payments
    .command('list')
    .option('--status <status>', 'processing, succeeded, partially_succeeded, failed, …')
    .option('--seller <seller>', 'with a payment order of this seller')
    .option('--checkout-id <id>', 'of this checkout')
    .option('--limit <n>', 'at most this many', wholeNumber(1, 200), 25)
    .option('--cursor <cursor>', 'go on after an earlier page')
  leaf<SharedOptions & ListOptions>(list, {
    summary: 'list payments, newest first',
    examples: ['payments list', 'payments list --status failed', 'payments list --seller acme --json'],
    next: 'npx tallystick payments list --help',
    run: async (context, _args, options) => (await import('./payments-list.ts')).paymentsList(context, options),
  })
  leaf(payments.command('get').argument('<id>', 'pay_…'), {
    summary: 'show one payment and its payment orders',
    examples: ['payments get pay_…', 'payments get pay_… --json'],
    next: 'npx tallystick payments list',
    run: async (context, [id = '']) => (await import('./payments-get.ts')).paymentsGet(context, id),
  })
  const create = payments
    .command('create')
    .requiredOption('-f, --file <file>', 'JSON with the fields of POST /v1/payments; - reads stdin')
    .option('--idempotency-key <key>', 'the same key creates once (default: from the content of the file)')
    .option('--wait <seconds>', 'wait this long for a final status', wholeNumber(0, 60), 10)
  leaf<SharedOptions & CreateOptions>(create, {
    summary: 'create a payment; the same file again creates nothing twice',
    examples: ['payments create -f cart.json', 'payments create -f - --idempotency-key cart-17 < cart.json'],
    next: 'npx tallystick payments create --help',
    run: async (context, _args, options) => (await import('./payments-create.ts')).paymentsCreate(context, options),
  })
  leaf(program.command('where').argument('<id>', 'pay_…, po_…, je_… or a PSP reference'), {
    summary: 'where is the money: one sentence and the steps from event to bank',
    examples: ['where pay_…', 'where po_… --json'],
    next: 'npx tallystick payments list',
    run: async (context, [id = '']) => (await import('./where.ts')).where(context, id),
  })
  leaf(program.command('trace').argument('<id>', 'pay_…, po_…, att_…, je_…, brk_… or a PSP reference'), {
    summary: 'everything known about an id: payment, timeline, whereabouts, journal entries',
    examples: ['trace pay_…', 'trace je_…', 'trace ch_… --json'],
    next: 'npx tallystick payments list',
    run: async (context, [id = '']) => (await import('./trace.ts')).trace(context, id),
  })
}

function addLedgerCommands(group: AddGroup, leaf: AddLeaf): void {
  const ledger = group('ledger', 'the double-entry ledger')
  const balance = ledger.command('trial-balance').option('--as-of <instant>', 'as booked up to this instant (RFC 3339)')
  leaf<SharedOptions & { readonly asOf?: string }>(balance, {
    summary: 'debits, credits and balance of every ledger account; exit 1 when they differ',
    examples: ['ledger trial-balance', 'ledger trial-balance --as-of 2026-11-30T00:00:00Z'],
    next: 'npx tallystick ledger trial-balance --help',
    run: async (context, _args, options) =>
      (await import('./ledger-trial-balance.ts')).ledgerTrialBalance(context, options.asOf),
  })
  const verify = ledger
    .command('verify')
    .option('--anchor <hash>', 'a hash that an earlier check printed: its day must still be there')
  leaf<SharedOptions & { readonly anchor?: string }>(verify, {
    summary: 'check every invariant and the hash chain; exit 1 and name what was changed',
    examples: ['ledger verify', 'ledger verify --json', 'ledger verify --anchor 5f0c…'],
    next: 'npx tallystick doctor',
    run: async (context, _args, options) => (await import('./ledger-verify.ts')).ledgerVerify(context, options.anchor),
  })
  const entries = ledger
    .command('entries')
    .requiredOption('--payment <id>', 'pay_…')
    .option('--limit <n>', 'at most this many', wholeNumber(1, 10_000), 1_000)
  leaf<SharedOptions & EntriesOptions>(entries, {
    summary: 'the journal entries of a payment and their postings',
    examples: ['ledger entries --payment pay_…', 'ledger entries --payment pay_… --json'],
    next: 'npx tallystick payments list',
    run: async (context, _args, options) => (await import('./ledger-entries.ts')).ledgerEntries(context, options),
  })
}

function addWalletCommands(group: AddGroup, leaf: AddLeaf): void {
  const wallets = group('wallets', 'what we owe each seller')
  leaf(wallets.command('get').argument('<seller>'), {
    summary: "a seller's pending, available, reserved and owed money, per currency",
    examples: ['wallets get acme', 'wallets get acme --json'],
    next: 'npx tallystick payments list',
    run: async (context, [seller = '']) => (await import('./wallets-get.ts')).walletsGet(context, seller),
  })
  const statement = wallets
    .command('statement')
    .argument('<seller>')
    .option('--from <instant>', 'from this instant (RFC 3339)')
    .option('--to <instant>', 'before this instant (RFC 3339)')
    .option('--limit <n>', 'at most this many lines', wholeNumber(1, 10_000), 1_000)
  leaf<SharedOptions & StatementOptions>(statement, {
    summary: "every movement of a seller's wallet",
    examples: ['wallets statement acme', 'wallets statement acme --from 2026-11-01T00:00:00Z --json'],
    next: 'npx tallystick payments list',
    run: async (context, [seller = ''], options) =>
      (await import('./wallets-statement.ts')).walletsStatement(context, seller, options),
  })
}

function addFileCommands(group: AddGroup, leaf: AddLeaf): void {
  const files = group('files', 'settlement files')
  const list = files
    .command('list')
    .option('--source <source>', 'of this source')
    .option('--limit <n>', 'at most this many', wholeNumber(1, 10_000), 25)
  leaf<SharedOptions & FilesOptions>(list, {
    summary: 'list settlement files, newest first',
    examples: ['files list', 'files list --source simulator --json'],
    next: 'npx tallystick files list --help',
    run: async (context, _args, options) => (await import('./files-list.ts')).filesList(context, options),
  })
  leaf(files.command('get').argument('<id>', 'sf_…'), {
    summary: 'what a file says of itself, what its lines make, and what is wrong with it',
    examples: ['files get sf_…', 'files get sf_… --json'],
    next: 'npx tallystick files list',
    run: async (context, [id = '']) => (await import('./files-get.ts')).filesGet(context, id),
  })
  leaf(files.command('formats'), {
    summary: 'the formats that the server reads, and who sends them',
    examples: ['files formats', 'files formats --json'],
    next: 'npx tallystick doctor',
    run: async (context) => (await import('./files-formats.ts')).filesFormats(context),
  })
  addWithdraw(files, leaf)
  leaf(files.command('sources'), {
    summary: 'who sends settlement files, what came last, what is late; exit 1 when something is',
    examples: ['files sources', 'files sources --json'],
    next: 'npx tallystick doctor',
    run: async (context) => (await import('./files-sources.ts')).filesSources(context),
  })
  const upload = files
    .command('upload')
    .argument('<file>', 'as it was sent')
    .option('--source <source>', 'whose file it is; may be left out while there is one source')
  leaf<SharedOptions & { readonly source?: string }>(upload, {
    summary: 'hand in a settlement file; the same bytes again change nothing; exit 1 when it is rejected',
    examples: ['files upload settlement.csv', 'files upload settlement.csv --source simulator --json'],
    next: 'npx tallystick files formats',
    run: async (context, [file = ''], options) =>
      (await import('./files-upload.ts')).filesUpload(context, file, options.source),
  })
}

function addWithdraw(files: Command, leaf: AddLeaf): void {
  const withdraw = files
    .command('withdraw')
    .argument('<id>', 'sf_…')
    .requiredOption('--reason <text>', 'why nothing of it may be used')
  leaf<SharedOptions & { readonly reason: string }>(withdraw, {
    summary: 'take a whole file back; the next run of its source undoes what its lines caused',
    examples: ['files withdraw sf_… --reason "file of another account"'],
    next: 'npx tallystick files list',
    run: async (context, [id = ''], options) =>
      (await import('./files-withdraw.ts')).filesWithdraw(context, id, options.reason),
  })
}

function addParse(program: Command, leaf: AddLeaf): void {
  const parse = program
    .command('parse')
    .argument('<file>', 'as it was received, also packed with gzip or zip')
    .option('--format <format>', 'what it is written in; found by its content when left out')
    .option('--source-zone <zone>', 'IANA zone of times that come without one')
    .option('--mapping <file>', 'how the columns of a table are read, as --save-mapping wrote it')
    .option(
      '--save-mapping <file>',
      'write how the columns of a table were read, to be looked at, edited and used again',
    )
  leaf<SharedOptions & ParseOptions>(parse, {
    summary:
      'read one settlement file and say what is in it; no server; exit 1 when it does not add up, 2 when unreadable',
    examples: [
      'parse statement.xml',
      'parse report.csv.gz --source-zone Europe/Berlin --json',
      'parse report.csv --save-mapping report.json',
      'parse report.csv --mapping report.json',
    ],
    next: 'npx tallystick files formats',
    run: async (context, [file = ''], options) => (await import('./parse.ts')).parse(context, file, options),
  })
}

function addRecon(program: Command, leaf: AddLeaf): void {
  const command = program
    .command('recon')
    .argument('<ours>', 'our records: a table, a file in a format that is known, or a folder or a zip of several')
    .argument('<theirs>', 'what a PSP, a bank or anybody else says')
    .option('--key <columns>', 'the reference that both have: ours=COLUMN,theirs=COLUMN')
    .option('--amount <columns>', 'the amount; with its unit: COLUMN:minor, COLUMN:major')
    .option('--currency <columns>', 'the currency: a column, or a code such as EUR')
    .option('--date <columns>', 'the date; with the order of day and month: COLUMN:dmy, COLUMN:mdy, COLUMN:ymd')
    .option('--tolerance <amount>', 'amounts this near are equal: 0.01, or 0.5%', '0')
    .option('--date-window <days>', 'rows of one reference match only this near in time: 2bd, 3d')
    .option(
      '--lag <days>',
      'how long a row of ours may wait for theirs: 1bd, 0bd (default: what is normal for the format)',
    )
    .option('--as-of <day>', 'the day by which waiting is judged (default: the last one in either file)')
    .option('--ours-zone <zone>', 'IANA zone of our times without one, and of our days', 'UTC')
    .option('--theirs-zone <zone>', 'the same of theirs', 'UTC')
    .option('--ours-cutoff <time>', 'when our day ends or begins, on the wall clock', '00:00')
    .option('--theirs-cutoff <time>', 'the same of theirs', '00:00')
    .option('--config <file>', 'a mapping that was saved: recon.yaml')
    .option('--explain <id>', 'show one break in full, by its id or a reference')
    .option('--html <file>', 'where the report goes (default: recon-report.html)')
    .option('--no-html', 'no report')
    .option('--csv <file>', 'every break as a line of CSV')
    .option('--limit <n>', 'breaks in the document and in the report', wholeNumber(0, 1_000_000), 1_000)
    .option('--all', 'all of them')
    .option('--fail-on <what>', 'exit 1 for real breaks, any breaks, or never', 'real')
    .option('--anonymise', 'hashes instead of references and texts')
    .option('--baseline <file>', 'a former recon --json --all: what is new, cleared, still there')
  leaf<SharedOptions & ReconOptions>(command, {
    summary: 'reconcile two files to the cent; no server; exit 1 when real breaks stand, 3 when it is not sure how',
    examples: [
      'recon ledger.csv settlement.csv',
      'recon ours.csv theirs.xlsx --key ours=order_id,theirs=reference --lag 2bd --json',
    ],
    next: 'npx tallystick recon --help',
    run: async (context, [ours = '', theirs = ''], options) =>
      (await import('./recon.ts')).recon(context, { ours, theirs }, options),
  })
}

function addSimulatorCommands(group: AddGroup, leaf: AddLeaf): void {
  const simulator = group('simulator', 'the PSP simulator and the test clock')
  leaf(simulator.command('advance').argument('<duration>', '1d, 12h'), {
    summary: 'move the test clock forward; answers when everything that came due is done',
    examples: ['simulator advance 1d', 'simulator advance 12h'],
    next: 'npx tallystick simulator advance --help',
    run: async (context, [duration = '']) =>
      (await import('./simulator-advance.ts')).simulatorAdvance(context, duration),
  })
  const file = simulator
    .command('settlement-file')
    .requiredOption('--date <day>', 'a business day that is over, as 2026-03-03')
    .option('--format <format>', 'what it is written in', 'simulator_csv')
    .option('--output <file>', 'where to; stdout when left out')
  leaf<SharedOptions & SettlementFileOptions>(file, {
    summary: 'fetch the settlement file of a day from the PSP simulator; exit 1 when there is none yet',
    examples: [
      'simulator settlement-file --date 2026-03-03 > theirs.csv',
      'simulator settlement-file --date 2026-03-03 --output theirs.csv',
    ],
    next: 'npx tallystick simulator settlement-file --help',
    run: async (context, _args, options) =>
      (await import('./simulator-settlement-file.ts')).simulatorSettlementFile(context, options),
  })
}

function addVersion(program: Command, leaf: AddLeaf): void {
  leaf(program.command('version'), {
    summary: 'the version of Tallystick and of Node',
    examples: ['version', 'version --json'],
    next: 'npx tallystick --help',
    run: async (context) => (await import('./version.ts')).version(context),
  })
}
