export type { Period, PeriodEvent } from './rows.ts'
export { createPeriods, type Periods } from './service.ts'
