import type { Command } from 'commander'
import type { SharedOptions } from './context.ts'
import { type AddLeaf, wholeNumber } from './leaf.ts'
import type { DraftOptions, RulesOptions } from './rules.ts'
import { FEE_TOLERANCE_HELP, readBounds, TOLERANCE_HELP } from './tolerance.ts'

const BILLION = 1_000_000_000

/** The commands about rules. Nothing of a command is loaded here but its name, options and help. */
export function addRuleCommands(rules: Command, leaf: AddLeaf): void {
  const draft = rules
    .command('draft')
    .requiredOption('--source <source>', 'the settlement source')
    .requiredOption('--reason <text>', 'why the rules are to change')
    .option('--lag <days>', 'so many days in which a record may still come', wholeNumber(0, 30))
    .option('--grace <minutes>', 'so close to the cut-off a record may count elsewhere', wholeNumber(0, 720))
    .option('--fee-rate <ppm>', 'what the PSP should charge, in millionths', wholeNumber(0, 1_000_000))
    .option('--fee-fixed <minor>', 'and beside it, in minor units', wholeNumber(0, BILLION))
    .option('--tolerance <list>', TOLERANCE_HELP, readBounds)
    .option('--fee-tolerance <list>', FEE_TOLERANCE_HELP, readBounds)
  leaf<SharedOptions & DraftOptions>(draft, {
    summary: 'draft a version of the rules of a source; it decides nothing yet',
    examples: [
      'rules draft --source simulator --lag 2 --reason "settles on the second day"',
      'rules draft --source simulator --tolerance EUR=2,5bp --reason "rounds each line"',
    ],
    next: 'npx tallystick rules draft --help',
    run: async (context, _args, options) => (await import('./rules.ts')).rulesDraft(context, options),
  })
  const test = rules
    .command('test')
    .argument('<id>', 'rul_…')
    .option('--days <n>', 'on the last so many days that are done', wholeNumber(1, 31), 7)
  leaf<SharedOptions & { readonly days: number }>(test, {
    summary: 'how many breaks it would have closed, and how many right matches it would have broken',
    examples: ['rules test rul_… --days 14'],
    next: 'npx tallystick rules list',
    run: async (context, [id = ''], options) => (await import('./rules.ts')).rulesTest(context, id, options),
  })
  const activate = rules
    .command('activate')
    .argument('<id>', 'rul_…')
    .requiredOption('--from <day>', 'the first business day that it decides, as 2026-03-03')
  leaf<SharedOptions & { readonly from: string }>(activate, {
    summary: 'let a tested version decide; somebody else than who drafted it',
    examples: ['rules activate rul_… --from 2026-03-03'],
    next: 'npx tallystick rules list',
    run: async (context, [id = ''], options) => (await import('./rules.ts')).rulesActivate(context, id, options),
  })
  const list = rules
    .command('list')
    .option('--source <source>', 'of this source')
    .option('--limit <n>', 'at most this many', wholeNumber(1, 10_000), 25)
  leaf<SharedOptions & RulesOptions>(list, {
    summary: 'list versions of rules, newest first',
    examples: ['rules list --source simulator'],
    next: 'npx tallystick rules list --help',
    run: async (context, _args, options) => (await import('./rules.ts')).rulesList(context, options),
  })
  leaf(rules.command('get').argument('<id>', 'rul_…'), {
    summary: 'show one version, and what its test came to',
    examples: ['rules get rul_…'],
    next: 'npx tallystick rules list',
    run: async (context, [id = '']) => (await import('./rules.ts')).rulesGet(context, id),
  })
}
