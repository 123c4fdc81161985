import type { Command } from 'commander'
import type { UnmatchOptions } from './breaks-resolve.ts'
import type { SharedOptions } from './context.ts'
import { type AddLeaf, wholeNumber } from './leaf.ts'
import type { DryOptions } from './runs-dry.ts'
import type { RunsOptions } from './runs-list.ts'
import type { LiveOptions } from './runs-live.ts'
import type { MatchesOptions } from './runs-matches.ts'
import type { ReportOptions } from './runs-report.ts'
import type { StartOptions } from './runs-start.ts'
import { FEE_TOLERANCE_HELP, readBounds, TOLERANCE_HELP } from './tolerance.ts'

/** The commands about reconciliation runs. Nothing of a command is loaded here but its name, options and help. */
export function addRunCommands(runs: Command, leaf: AddLeaf): void {
  const start = runs
    .command('start')
    .requiredOption('--source <source>', 'the settlement source, named like its PSP account')
    .requiredOption('--date <day>', 'a business day that is over, as 2026-03-03')
    .option('--no-wait', 'print what it is now, and do not wait for its end')
    .option('--dry-run', 'say what it would say, and change nothing')
    .option('--file <id>', 'in a dry run: another file of the day (sf_…)')
    .option('--lag <days>', 'in a dry run: so many days in which a record may still come', wholeNumber(0, 30))
    .option(
      '--grace <minutes>',
      'in a dry run: so close to the cut-off a record may count elsewhere',
      wholeNumber(0, 720),
    )
    .option('--tolerance <list>', `in a dry run: ${TOLERANCE_HELP}`, readBounds)
    .option('--fee-tolerance <list>', FEE_TOLERANCE_HELP, readBounds)
  leaf<SharedOptions & StartOptions & DryOptions & { readonly dryRun?: boolean }>(start, {
    summary: 'reconcile a day; exit 1 when real breaks stand, or its file is missing',
    examples: [
      'runs start --source simulator --date 2026-03-03',
      'runs start --source simulator --date 2026-03-03 --no-wait',
      'runs start --source simulator --date 2026-03-03 --dry-run --lag 2',
      'runs start --source simulator --date 2026-03-03 --dry-run --tolerance EUR=2,5bp',
    ],
    next: 'npx tallystick runs list',
    run: async (context, _args, options) =>
      options.dryRun === true
        ? (await import('./runs-dry.ts')).runsDry(context, options)
        : (await import('./runs-start.ts')).runsStart(context, options),
  })
  const list = runs
    .command('list')
    .option('--source <source>', 'of this source')
    .option('--status <status>', 'queued, waiting_for_file, running, completed, failed')
    .option('--limit <n>', 'at most this many', wholeNumber(1, 10_000), 25)
  leaf<SharedOptions & RunsOptions>(list, {
    summary: 'list reconciliation runs, newest business day first',
    examples: ['runs list', 'runs list --status waiting_for_file --json'],
    next: 'npx tallystick runs list --help',
    run: async (context, _args, options) => (await import('./runs-list.ts')).runsList(context, options),
  })
  addLiveCommand(runs, leaf)
  leaf(runs.command('get').argument('<id>', 'run_…'), {
    summary: 'ours − theirs, and what explains it, to the cent',
    examples: ['runs get run_…', 'runs get run_… --json'],
    next: 'npx tallystick runs list',
    run: async (context, [id = '']) => (await import('./runs-get.ts')).runsGet(context, id),
  })
  addReportCommands(runs, leaf)
}

/** What a run has to say once it is completed. */
function addReportCommands(runs: Command, leaf: AddLeaf): void {
  const report = runs
    .command('report')
    .argument('<id>', 'run_…')
    .option('--limit <n>', 'so many breaks at most', wholeNumber(1, 1_000_000), 100)
  leaf<SharedOptions & ReportOptions>(report, {
    summary: 'the report of the day, as it was written when the run completed',
    examples: ['runs report run_…', 'runs report run_… --json'],
    next: 'npx tallystick runs list',
    run: async (context, [id = ''], options) => (await import('./runs-report.ts')).runsReport(context, id, options),
  })
  leaf(runs.command('verify').argument('<id>', 'run_…'), {
    summary: 'compute a run again from what it read; exit 1 when it is not the same, byte for byte',
    examples: ['runs verify run_…'],
    next: 'npx tallystick runs list',
    run: async (context, [id = '']) => (await import('./runs-verify.ts')).runsVerify(context, id),
  })
  leaf(runs.command('diff').argument('<id>', 'run_…'), {
    summary: 'what is new, promoted, cleared and still open since the run before',
    examples: ['runs diff run_…', 'runs diff run_… --json'],
    next: 'npx tallystick runs list',
    run: async (context, [id = '']) => (await import('./runs-diff.ts')).runsDiff(context, id),
  })
  leaf(runs.command('waterfall').argument('<id>', 'run_…'), {
    summary: 'what led from the sales of the day to what the PSP paid out, and whether it is at the bank',
    examples: ['runs waterfall run_…', 'runs waterfall run_… --json'],
    next: 'npx tallystick runs list',
    run: async (context, [id = '']) => (await import('./runs-waterfall.ts')).runsWaterfall(context, id),
  })
  const matches = runs
    .command('matches')
    .argument('<id>', 'run_…')
    .option('--rule <rule>', 'exact, reference, psp_reference, joined, amount, sum')
    .option('--payment <id>', 'of this payment (pay_…)')
    .option('--tolerated', 'that agree within the tolerance, and not to the cent')
    .option('--csv', 'all that fit, as CSV')
    .option('--limit <n>', 'at most this many', wholeNumber(1, 10_000), 25)
  leaf<SharedOptions & MatchesOptions>(matches, {
    summary: 'what was put together, and why',
    examples: ['runs matches run_… --rule psp_reference', 'runs matches run_… --csv'],
    next: 'npx tallystick runs list',
    run: async (context, [id = ''], options) => (await import('./runs-matches.ts')).runsMatches(context, id, options),
  })
  const unmatch = runs
    .command('unmatch')
    .argument('<id>', 'run_…')
    .requiredOption('--file <id>', 'the file of the line (sf_…)')
    .requiredOption('--line <n>', 'where it begins in the file', wholeNumber(1, 2_147_483_647))
    .requiredOption('--reason <code>', 'why, such as wrong_pair; "other" needs a note')
    .option('--note <text>', 'for whoever reads it later')
    .option('--dry-run', 'show what would be booked, and do nothing')
  leaf<SharedOptions & UnmatchOptions>(unmatch, {
    summary: 'take a pair apart that a run made',
    examples: ['runs unmatch run_… --file sf_… --line 4 --reason wrong_pair --dry-run'],
    next: 'npx tallystick runs matches run_…',
    run: async (context, [id = ''], options) => (await import('./breaks-resolve.ts')).runsUnmatch(context, id, options),
  })
}

function addLiveCommand(runs: Command, leaf: AddLeaf): void {
  const live = runs
    .command('live')
    .option('--source <source>', 'the reconciled source', 'simulator')
    .option('--state <state>', 'its records: matched, waiting_for_psp, waiting_for_us, differing')
    .option('--limit <n>', 'at most this many records', wholeNumber(1, 10_000), 25)
  leaf<SharedOptions & LiveOptions>(live, {
    summary: 'how a source stands now, before its night; exit 1 when something differs',
    examples: ['runs live', 'runs live --state differing', 'runs live --source simulator --json'],
    next: 'npx tallystick runs live --help',
    run: async (context, _args, options) => (await import('./runs-live.ts')).runsLive(context, options),
  })
}
