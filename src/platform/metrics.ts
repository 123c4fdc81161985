import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'

/**
 * One gauge whose values are read when somebody asks: a number per set of labels. Prometheus keeps floating-point numbers: sums
 * beyond 2^53 are rounded there, and what is not 0 never reads 0.
 */
export type GaugeSource = {
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
  readonly read: () => Promise<readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[]>
}

export type Metrics = {
  readonly contentType: string
  /** The Prometheus text. */
  readonly render: () => Promise<string>
  readonly addGauge: (source: GaugeSource) => void
  readonly counter: (
    name: string,
    help: string,
    labels: readonly string[],
  ) => (labels: Readonly<Record<string, string>>, by?: number) => void
}

/** The metrics of one process. Labels never carry an id of a seller, payment or buyer. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'tallystick_' })
  return {
    contentType: registry.contentType,
    render: () => registry.metrics(),
    addGauge({ name, help, labels, read }) {
      new Gauge({
        name,
        help,
        labelNames: [...labels],
        registers: [registry],
        async collect() {
          const values = await read()
          this.reset()
          for (const { labels: of, value } of values) this.set(of, value)
        },
      })
    },
    counter(name, help, labels) {
      const counter = new Counter({ name, help, labelNames: [...labels], registers: [registry] })
      return (of, by = 1) => counter.inc(of, by)
    },
  }
}
